"""Time the zoo: training a ResNet-s CLIP, the size of its file, running it over images.

Command: python benchmarks/zoo.py [--images 8192] [--epochs 2]
Run time: half a minute.
Expected: 4 minutes or less for the 262,144 images that a CLIP of the zoo sees, on one thread.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from clipsafe_engine.lab.training import loop
from clipsafe_engine.lab.training.evaluation import outputs
from clipsafe_engine.lab.training.objectives import IMAGES_SEED, load_network
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.training.weights import count_parameters
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import load_world

RUNS = 3
WHOLE = Recipe("clip", "resnet_s", "wit", "clip")
"""What the short run is measured for; its epochs need images that were rendered once."""
TARGET = 240


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--images", type=int, default=8192)
    options.add_argument("--epochs", type=int, default=2)
    asked = options.parse_args()
    torch.set_num_threads(1)
    world = load_world()
    short = Recipe(
        "clip", "resnet_s", "wit", "clip", images=asked.images, samples=asked.epochs * asked.images
    )

    table = draw(world, short.source, asked.images, IMAGES_SEED)
    rendering, pixels = timed(lambda: render(world, table))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.safetensors"
        # Not `train`, which refuses what has learnt too little.
        training, _ = timed(lambda: loop._train(world, short, Path(folder), lambda _: None, path))
        network, described = load_network(world, path)
        size, parameters = path.stat().st_size, count_parameters(path)
    prediction = min(timed(lambda: outputs(network, described["form"], pixels))[0] for _ in range(RUNS))

    per_image = asked.images / rendering, short.samples / (training - rendering), asked.images / prediction
    whole = WHOLE.images / per_image[0] + WHOLE.epochs * WHOLE.images / per_image[1]
    print("ResNet-s CLIP, one thread, processor time")
    for name, rate in zip(("rendering", "training", "prediction"), per_image, strict=True):
        print(f"{name:10} {rate:8,.0f} images/s")
    print(f"one CLIP   {whole:8,.0f} s for {WHOLE.samples:,} images seen, {whole / TARGET:.2f} of the target")
    print(f"file       {size / 1000:8,.0f} kB for {parameters:,} parameters")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of the processor, which other programs change little, and what the work returns."""
    begun = time.process_time()
    made = work()
    return time.process_time() - begun, made


if __name__ == "__main__":
    main()
