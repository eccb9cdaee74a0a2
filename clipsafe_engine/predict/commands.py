"""The verb `clipsafe predict`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import print_json, print_table, progress, say

if TYPE_CHECKING:
    from clipsafe_engine.datasets.image_list import ImageList
    from clipsafe_engine.predict.catalogue_models import CatalogueModel, Running
    from clipsafe_engine.predict.jobs import Part
    from clipsafe_engine.predict.run import Settings, Summary
    from clipsafe_utils.registry.catalogue import ModelEntry

PREDICTIONS = Path("predictions")
RATES = Path("rates.json")


@dataclass(frozen=True)
class RootedDataset:
    """A data set below a root. See `interfaces.DatasetReference`."""

    name: str
    root: Path

    def open(self) -> "ImageList":
        """Find its images.

        Raises
        ------
        ClipsafeError
            If they are not there.
        """
        return _opened(self.name, self.root)


@lru_cache(maxsize=32)
def _opened(name: str, root: Path) -> "ImageList":
    from clipsafe_engine.datasets.opening import open_images
    from clipsafe_utils.registry.data_sets import data_set

    return open_images(data_set(name), root)


def predict(
    root: Annotated[Path, typer.Argument(help="Folder below which the data sets lie.")],
    store: Annotated[Path, typer.Option("--output", "-o", help="Folder of the predictions.")] = PREDICTIONS,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="Only this data set; may be repeated.")] = None,
    group: Annotated[str | None, typer.Option(help="Only one group of models.")] = None,
    source: Annotated[str | None, typer.Option(help="Only one training source.")] = None,
    architecture: Annotated[str | None, typer.Option(help="Only one architecture.")] = None,
    own: Annotated[Path | None, typer.Option(help="CSV with models of your own.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of files of weights; default: the cache of the hub.")
    ] = None,
    prompts: Annotated[
        list[str] | None, typer.Option(help="Set of prompts, by size or text file; default: 1, 5, 30 and 80.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Default: cuda where there is one, else cpu.")] = None,
    precision: Annotated[str, typer.Option(help="Of the networks: float32, bfloat16, float16.")] = "float32",
    compiled: Annotated[bool, typer.Option("--compile", help="Use torch.compile.")] = False,
    batch: Annotated[int, typer.Option(min=1, help="Images in a pass; less if memory does not do.")] = 64,
    broken: Annotated[float, typer.Option(min=0, max=1, help="Share of broken images that stops it.")] = 0.01,
    shard: Annotated[str, typer.Option(help="The i-th of n parts of the work, for example 1/4.")] = "1/1",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    cluster: Annotated[str | None, typer.Option(help="slurm: start workers as jobs.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Workers to start, or to plan for.")] = 1,
    plan: Annotated[bool, typer.Option("--plan", help="Say what the run would cost, and stop.")] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Measure the rates of this machine, and stop.")
    ] = False,
    rates: Annotated[Path, typer.Option(help="File of the rates.")] = RATES,
    for_import: Annotated[
        Path | None,
        typer.Option(
            "--for-import", help="Also write below this folder, by model, what clipsafe import reads."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Run models over data sets. Killed, it goes on where it stopped; what is there is not done again.

    Stores that parts of the work wrote on several machines merge by copying one over the other.

    Example: [bold]clipsafe predict /data --group clip_zero_shot --data imagenet -o predictions[/bold]
    """
    from clipsafe_engine.models.prompts import SIZES, prompt_set
    from clipsafe_engine.predict.catalogue_models import (
        find_models,
        parameters_that_fit,
        running_on,
        usable_device,
    )
    from clipsafe_engine.predict.jobs import Part
    from clipsafe_engine.predict.run import Settings

    entries = _entries(model, group, source, architecture, own)
    if plan:
        _plan(entries, data, rates, workers, as_json)
        return
    part, running, datasets = (
        Part.parse(shard),
        running_on(device, precision, compiled),
        _datasets(root, data),
    )
    if calibrate:
        _calibrate(entries, datasets[0], rates, running, batch)
        return
    where = (scheduler, cluster, workers) if scheduler or cluster else None
    settings = Settings(
        batch_images=batch,
        most_unreadable=broken,
        prompts=tuple(prompt_set(name) for name in prompts or map(str, SIZES)),
    )
    if where is None:  # The machines of a cluster are not known yet.
        settings = replace(settings, parameters_at_once=parameters_that_fit(usable_device(running)))
    with progress("Weights", total=len(entries)) as advance:
        found = find_models(entries, weights, running, store, advance)
    _report(_run(found, datasets, store, settings, part, where), as_json)
    if for_import is not None:
        _hand_over(entries, datasets, store, settings.prompts[-1].name, for_import)


def _entries(
    names: Sequence[str] | None,
    group: str | None,
    source: str | None,
    architecture: str | None,
    own: Path | None,
) -> "list[ModelEntry]":
    from clipsafe_utils.registry.catalogue import catalogue, select

    every = catalogue(own)
    unknown = [name for name in names or () if name not in every]
    if unknown:
        raise ClipsafeError(f"--model {unknown[0]}: no such model; clipsafe models lists them.")
    named = [every[name] for name in dict.fromkeys(names)] if names else every.values()
    return select(named, group, source, architecture)


def _datasets(root: Path, names: Sequence[str] | None) -> list[RootedDataset]:
    from clipsafe_utils.registry.data_sets import data_set, data_sets

    if not root.is_dir():
        raise ClipsafeError(f"{root}: no such folder.")
    if names:
        return [RootedDataset(data_set(name).name, root) for name in dict.fromkeys(names)]
    found = [RootedDataset(name, root) for name, known in data_sets().items() if known.find(root)]
    if not found:
        raise ClipsafeError(f"{root}: holds no data set that we know; clipsafe datasets lists them.")
    return found


def _run(
    models: "Sequence[CatalogueModel]",
    datasets: Sequence[RootedDataset],
    store: Path,
    settings: "Settings",
    part: "Part",
    where: tuple[str | None, str | None, int] | None,
) -> "Summary":
    from clipsafe_engine.predict.jobs import outstanding, rounds
    from clipsafe_engine.predict.predict import predict as predict_here
    from clipsafe_engine.predict.store import PredictionStore

    opened = PredictionStore(store)
    images = [dataset.open() for dataset in datasets]
    left = sum(
        _batches(len(job.rows), settings)
        for group in rounds(models, settings.parameters_at_once)
        for job in outstanding(opened, group, images, settings.shard_images, part)
    )
    with progress("Predicting", total=left) as advance_bar:

        def advance(pace: str, done: int) -> None:
            for _ in range(_batches(done, settings)):
                advance_bar(pace)

        if where is None:
            return predict_here(models, datasets, opened, settings, part, advance)
        from clipsafe_engine.predict.cluster import connected, predict_on_cluster

        with connected(*where) as client:
            return predict_on_cluster(client, models, datasets, opened, settings, part, advance)


def _hand_over(
    entries: "Sequence[ModelEntry]",
    datasets: Sequence[RootedDataset],
    store: Path,
    prompts: str,
    folder: Path,
) -> None:
    from clipsafe_engine.predict.handing_over import hand_over
    from clipsafe_engine.predict.store import PredictionStore

    names = [dataset.name for dataset in datasets]
    for entry in entries:
        say(hand_over(PredictionStore(store), entry, names, prompts, folder), to_stderr=True)


def _batches(images: int, settings: "Settings") -> int:
    return -(-images // settings.batch_images)


def _report(summary: "Summary", as_json: bool) -> None:

    if as_json:
        print_json(asdict(summary))
        return
    for sentence in summary.unreadable:
        say(sentence)
    say(
        f"{summary.images:,} images read, {summary.passes:,} passes in {summary.seconds:,.0f} s: "
        f"{summary.pace}; {len(summary.unreadable)} images are broken and left out."
    )


def _plan(
    entries: "Sequence[ModelEntry]", data: Sequence[str] | None, rates_file: Path, workers: int, as_json: bool
) -> None:
    from clipsafe_engine.predict.planning import Rates, cost_of, demand_of
    from clipsafe_utils.registry.data_sets import data_set, data_sets

    rates = Rates.read(rates_file)
    images = sum(data_set(name).images for name in data or data_sets())
    with progress("Models", total=len(entries)) as advance:
        demands = []
        for entry in entries:
            demands.append(demand_of(entry))
            advance(entry.name)
    cost = cost_of(demands, images, rates, devices=workers)
    if as_json:
        print_json(asdict(cost))
        return
    rows = [
        {"what": "models", "how much": f"{cost.models:,} ({cost.estimated} without a rate of their own)"},
        {"what": "images", "how much": f"{cost.images:,}"},
        {"what": "reads and decodes", "how much": f"{cost.reads:,}"},
        {"what": "passes of a network", "how much": f"{cost.passes:,}"},
        {"what": f"device hours ({rates.machine})", "how much": f"{cost.device_hours:,.1f}"},
        {"what": "core hours of reading and cutting", "how much": f"{cost.core_hours:,.1f}"},
        {"what": f"hours with {workers} of {rates.cores} cores each", "how much": f"{cost.hours:,.1f}"},
        {"what": "storage", "how much": f"{cost.storage / 1e9:,.1f} GB"},
    ]
    print_table(rows, "Plan")


def _calibrate(
    entries: "Sequence[ModelEntry]", dataset: RootedDataset, rates_file: Path, running: "Running", batch: int
) -> None:
    from clipsafe_engine.predict.calibration import calibrate

    with progress("Models", total=len(entries)) as advance:
        rates = calibrate(entries, dataset.open(), running, batch, advance)
    rates.write(rates_file)
    say(f"Rates of {len(rates.forward)} models on {rates.machine} are in {rates_file}.")
