"""Time the drawn world: parameters, images and captions of a training source.

Command: python benchmarks/world.py [--images 16384] [--threads 2]
Run time: a few seconds.
Expected: 5,000 images/s or more on two cores.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch

from clipsafe_engine.lab.world.captions import captions
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import load_world

RUNS = 3
SOURCES = ("labels", "wit", "laion")


def seconds(work: Callable[[], Any]) -> float:
    """Return the shortest time of some runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--images", type=int, default=16_384)
    options.add_argument("--threads", type=int, default=2)
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    world = load_world()
    print(f"{asked.images} images, {asked.threads} threads; thousand a second")
    print(f"{'source':8} {'parameters':>10} {'images':>10} {'captions':>10}")
    for source in SOURCES:
        table = draw(world, source, asked.images, seed=0)
        render(world, table.rows(slice(0, 256)))  # makes what is made once
        times = [
            seconds(lambda name=source: draw(world, name, asked.images, seed=0)),  # type: ignore[misc]
            seconds(lambda rows=table: render(world, rows)),  # type: ignore[misc]
            seconds(lambda name=source, rows=table: captions(world, name, rows, seed=0)),  # type: ignore[misc]
        ]
        print(f"{source:8} " + " ".join(f"{asked.images / taken / 1000:10.1f}" for taken in times))


if __name__ == "__main__":
    main()
