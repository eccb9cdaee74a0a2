"""Time the engine of the full study: predicting against other ways of running models, and measuring.

Command: python benchmarks/engine.py [--images 64] [--threads 2]
Run time: under three minutes on two idle cores, with torch, timm and zarr.
Expected: rows below their targets.

Networks are small, with random weights; images are real where ../shared/images is, else drawn. All ways of
running get the same files, networks and batches, and as many threads or processes beside the first. Writes
benchmarks/engine.json.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # read when NumPy is imported

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.data import create_transform, resolve_data_config
from timm.data.dataset import ImageDataset
from timm.data.loader import create_loader

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.measure.model import measure_model
from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.models.loading import transform_of
from clipsafe_engine.models.transforms import Transform
from clipsafe_engine.predict.catalogue_models import CatalogueModel, Running, find_models
from clipsafe_engine.predict.commands import RootedDataset
from clipsafe_engine.predict.forward import normalise
from clipsafe_engine.predict.pixels import Cutter, Request, cut
from clipsafe_engine.predict.predict import predict
from clipsafe_engine.predict.run import Settings
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.measuring.plan import Condition, ImageSet, InDistribution, Plan, fitting_half
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue
from clipsafe_utils.registry.data_sets import data_set

REPORT = Path(__file__).with_suffix(".json")
REAL_IMAGES = Path(__file__).parents[2] / "shared" / "images" / "imagenet-samples"
NETWORK, TAG, SIDE = "test_efficientnet", "r160_in1k", 160
MODELS = (1, 5, 20)
BATCH, RUNS = 32, 2
INPUT_MODELS, INPUT_GROUPS, INPUT_IMAGES = 30, 8, 24
MEASURED_IMAGES, CLASSES, CONDITIONS, DRAWS = 2000, 1000, 3, 200
CPU = torch.device("cpu")

Row = dict[str, Any]


def main() -> None:
    """Time all work, print it as a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = write_images(folder / "root", options.images)
        rows = [*predicting(root, folder, options.threads), input_side(root), *measuring(folder)]
    for row in rows:
        print_row(row)
    load = os.getloadavg()[0]
    print(f"load of the machine at the end: {load:.1f} on {os.cpu_count()} cores")
    said = {**vars(options), "load": round(load, 1), "cores": os.cpu_count(), "rows": rows}
    REPORT.write_text(json.dumps(said, indent=1) + "\n")


def write_images(root: Path, count: int) -> Path:
    """Lay out the files of the set `sun`: links to photographs, or drawn ones of the same size."""
    place = root / data_set("sun").folders[0]
    place.mkdir(parents=True)
    real = sorted(REAL_IMAGES.glob("*.JPEG"))[:count]
    for number in range(count):
        target = place / f"{number:04d}.jpg"
        if real:
            target.symlink_to(real[number % len(real)])
        else:
            noise = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
            Image.fromarray(noise).resize((500, 375)).save(target, quality=92)
    return root


def seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the shortest time of some runs."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def predicting(root: Path, folder: Path, threads: int) -> list[Row]:
    """Time N models together against timm's own loop and against one pass a model."""
    models = write_models(folder / "weights", max(MODELS))
    images, transform = data_set("sun").open(root), transform_of(models[0].entry)
    once = seconds(lambda: cut_all(images, transform, threads))
    network = models[0].load()
    batches = torch.randn(len(images), 3, SIDE, SIDE).split(BATCH)
    forward = seconds(lambda: [network.forward(batch) for batch in batches])
    rows = []
    for count in MODELS:
        chosen = models[:count]
        together = seconds(lambda chosen=chosen: run(chosen, root, threads))  # type: ignore[misc]
        theirs = seconds(lambda chosen=chosen: timm_loop(chosen, root, threads), 1)  # type: ignore[misc]
        apart = seconds(lambda chosen=chosen: [run([one], root, threads) for one in chosen], 1)  # type: ignore[misc]
        ideal = once + count * forward
        what = f"predict, {count} model{'s' * (count > 1)}"
        rows += [
            row(f"{what}: against timm's own loop, once a model", together, theirs, 1.0),
            row(f"{what}: against our own, once a model", together, apart, 1.0),
            row(f"{what}: against one decode, one crop and N forward passes", together, ideal, 1.1),
        ]
    return rows


def write_models(folder: Path, count: int) -> list[CatalogueModel]:
    """Write small networks with random weights and find them as files of one's own."""
    folder.mkdir()
    entries = []
    for seed in range(count):
        torch.manual_seed(seed)
        path = folder / f"small-{seed}.safetensors"
        save_file(timm.create_model(NETWORK).state_dict(), path)
        entries.append(
            ModelEntry(
                f"small-{seed}",
                "timm",
                NETWORK,
                "standard",
                "CNN",
                "small",
                "none",
                SIDE,
                f"file:{path}",
                TAG,
            )
        )
    return find_models(entries, None, Running("cpu"), folder)


def run(models: Sequence[CatalogueModel], root: Path, threads: int) -> None:
    """Predict into a new store."""
    settings = Settings(batch_images=BATCH, threads=threads)
    with tempfile.TemporaryDirectory() as store:
        predict(models, [RootedDataset("sun", root)], PredictionStore(Path(store)), settings)


def timm_loop(models: Sequence[CatalogueModel], root: Path, workers: int) -> None:
    """Validate as timm does: a loader of its own for every model."""
    for model in models:
        network = timm.create_model(f"{NETWORK}.{TAG}").eval()
        network.load_state_dict(load_file(model.weights))
        config = resolve_data_config(model=network)
        loader = create_loader(
            ImageDataset(str(root)),
            batch_size=BATCH,
            use_prefetcher=False,
            num_workers=workers,
            pin_memory=False,
            persistent_workers=False,
            **{key: config[key] for key in ("input_size", "interpolation", "mean", "std", "crop_pct")},
        )
        with torch.inference_mode():
            for batch, _ in loader:
                network(batch)


def cut_all(images: ImageList, transform: Transform, threads: int) -> None:
    """Decode and cut all images once, and normalise them in batches."""
    wanted = (Request(images, k, (transform.crop,)) for k in range(len(images)))
    taken = [cut_image.pixels[0] for cut_image in Cutter(threads).cut_ahead(wanted)]
    for first in range(0, len(taken), BATCH):
        normalise(np.stack(taken[first : first + BATCH]), transform, CPU)


def input_side(root: Path) -> Row:
    """Time what comes before the networks, for 30 models of the catalogue with 8 ways of preparing images."""
    transforms = most_common_transforms()
    images = data_set("sun").open(root)
    rows = range(min(INPUT_IMAGES, len(images)))
    theirs = [
        create_transform(
            (3, one.crop.size, one.crop.size),
            interpolation=one.crop.interpolation,
            mean=one.mean,
            std=one.std,
            crop_pct=one.crop.size / one.crop.resize,
        )
        for one in transforms
    ]

    def ours() -> None:
        distinct = tuple(dict.fromkeys(transforms))
        crops = tuple(dict.fromkeys(one.crop for one in distinct))
        for k in rows:
            pixels = dict(zip(crops, cut(Request(images, k, crops)).pixels, strict=True))
            for one in distinct:
                normalise(np.stack([pixels[one.crop]]), one, CPU)

    def usual() -> None:
        for transform in theirs:
            for k in rows:
                transform(Image.open(images.place(k)).convert("RGB"))

    return row(
        f"input side, {len(transforms)} models in {len(set(transforms))} transform groups: against one "
        "pipeline a model",
        seconds(ours),
        seconds(usual, 1),
        0.1,
    )


def most_common_transforms() -> list[Transform]:
    """Return the transforms of 30 models of the catalogue that fall into the 8 most common groups."""
    groups: dict[Transform, int] = {}
    for entry in catalogue().values():
        if entry.library == "timm":
            transform = transform_of(entry)
            groups[transform] = groups.get(transform, 0) + 1
    common = sorted(groups, key=lambda one: -groups[one])[:INPUT_GROUPS]
    every = [transform for transform in common for _ in range(groups[transform])]
    kept = [*common, *every[: INPUT_MODELS - len(common)]]
    return sorted(kept, key=common.index)


def measuring(folder: Path) -> list[Row]:
    """Time the estimates, and those with draws, against reading the store once."""
    store, plan = write_store(folder / "store")
    sets = [images.dataset for images in plan.image_sets]
    reading = seconds(lambda: [PredictionStore(store.folder).read("m", name) for name in sets])
    estimates, drawn = (
        seconds(
            lambda draws=draws: measure_model(
                ModelOutputs(PredictionStore(store.folder), "m", ""), plan, draws
            ),  # type: ignore[misc]
            1,
        )
        for draws in (0, DRAWS)
    )
    what = f"measure {len(sets)} sets of {MEASURED_IMAGES:,} x {CLASSES:,} half-precision logits"
    return [
        row(f"{what}: against reading them once", estimates, reading, 2.0),
        row(f"{what}, {DRAWS} draws: against reading them once", drawn, reading, 6.0),
    ]


def write_store(folder: Path) -> tuple[PredictionStore, Plan]:
    """Write the logits of one model on a home, some conditions and one set out of distribution."""
    random, store = np.random.default_rng(0), PredictionStore(folder)
    labels = random.integers(0, CLASSES, MEASURED_IMAGES)
    names = ["home", *(f"shift{k}" for k in range(CONDITIONS)), "far"]
    for name in names:
        logits = 2 * random.standard_normal((MEASURED_IMAGES, CLASSES), dtype=np.float32)
        logits[np.arange(MEASURED_IMAGES), labels] += 6
        truth = np.full(MEASURED_IMAGES, -1) if name == "far" else labels
        ids = np.arange(MEASURED_IMAGES)
        store.write(Predictions("m", name, "logits", logits.astype(np.float16), truth, ids, {"weights": "w"}))
    plan = Plan(
        InDistribution(ImageSet("home", "home"), fitting_half(MEASURED_IMAGES), "id"),
        {name: Condition(ImageSet(name, name)) for name in names[1:-1]},
        ("id", *names[1:-1]),
        ood={"far": ImageSet("far", "far")},
    )
    return store, plan


def row(what: str, ours: float, against: float, target: float) -> Row:
    """Make a row of the report."""
    return {
        "what": what,
        "seconds": round(ours, 3),
        "against": round(against, 3),
        "ratio": round(ours / against, 3),
        "target": target,
    }


def print_row(one: Row) -> None:
    """Print a row."""
    met = "meets" if one["ratio"] <= one["target"] else "MISSES"
    print(
        f"{one['what']:<85} {one['seconds']:8.3f} s {one['against']:8.3f} s "
        f"ratio {one['ratio']:6.3f} {met} {one['target']:g}",
        flush=True,
    )


if __name__ == "__main__":
    main()
