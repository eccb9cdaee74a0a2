"""The verb `clipsafe measure`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.commands import import_

if TYPE_CHECKING:
    from clipsafe_engine.datasets.image_list import ImageList
    from clipsafe_engine.predict.store import PredictionStore
    from clipsafe_utils.registry.catalogue import ModelEntry

PREDICTIONS = Path("predictions")


def measure(
    root: Annotated[
        Path,
        typer.Argument(
            help="Folder below which the data sets lie; or of predictions, as for clipsafe import."
        ),
    ],
    store: Annotated[Path, typer.Option("--predictions", help="Folder of the predictions.")] = PREDICTIONS,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the cubes; default: study `imagenet`."),
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated.")] = None,
    own: Annotated[Path | None, typer.Option(help="CSV with models of your own.")] = None,
    prompts: Annotated[
        str, typer.Option(help="Set of prompts that all cubes but `prompts` are measured with.")
    ] = "80",
    draws: Annotated[int, typer.Option(min=0, help="Bootstrap draws beside the estimate.")] = 200,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of one thread each.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Turn predictions into the cubes of the full study; a model of which nothing changed is kept.

    The images are listed for their labels; none is opened. A folder with model.toml is measured as by
    clipsafe import, without a store.

    Example: [bold]clipsafe measure /data --predictions predictions[/bold]
    """
    from clipsafe_utils.importing.own_model import FILE

    if (root / FILE).is_file():
        if model or own:
            raise ClipsafeError(f"{root / FILE}: says what the model is; leave --model and --own out.")
        import_(root, output or Path("mine"), draws=draws, as_json=as_json)
        return
    from clipsafe_engine.measure.imagenet import measure_imagenet, plan_of_lists
    from clipsafe_engine.predict.store import PredictionStore
    from clipsafe_utils.cubes.studies import cubes_folder
    from clipsafe_utils.registry.catalogue import catalogue
    from clipsafe_utils.terminal import print_json, print_table, progress

    opened, folder = PredictionStore(store), output or cubes_folder() / "imagenet"
    entries = _entries(opened, catalogue(own), model)
    lists = _lists(root)
    prompt_sets = _prompt_sets(opened, entries)
    if any(_is_clip(entry) for entry in entries):
        _check_prompts(prompts, prompt_sets, store)
    plan = plan_of_lists(lists, prompts, prompt_sets)
    with progress("Measuring", total=len(entries)) as advance:
        hashes = measure_imagenet(
            store,
            entries,
            plan,
            folder,
            store / "measured",
            study=folder.resolve().name,
            replicates=draws,
            jobs=jobs,
            advance=advance,
        )
    if as_json:
        print_json(hashes)
        return
    print_table([{"cube": name, "content": digest[:16]} for name, digest in hashes.items()], str(folder))


def _entries(
    store: "PredictionStore", known: "dict[str, ModelEntry]", names: Sequence[str] | None
) -> "list[ModelEntry]":
    there = store.models()
    if not there:
        raise ClipsafeError(f"{store.folder}: holds no predictions; clipsafe predict makes them.")
    for name in names or ():
        if name not in there:
            raise ClipsafeError(f"--model {name}: no predictions of it in {store.folder}.")
    unknown = [name for name in names or there if name not in known]
    if unknown:
        raise ClipsafeError(f"{store.folder}: {unknown[0]} is not in the catalogue; give --own CSV.")
    return [known[name] for name in dict.fromkeys(names or there)]


def _lists(root: Path) -> "dict[str, ImageList]":
    from clipsafe_engine.datasets.opening import open_images
    from clipsafe_utils.registry.data_sets import data_sets

    if not root.is_dir():
        raise ClipsafeError(f"{root}: no such folder.")
    return {
        name: open_images(known, root)
        for name, known in data_sets().items()
        if known.role != "sample" and known.find(root) is not None
    }


def _is_clip(entry: "ModelEntry") -> bool:
    return entry.library == "open_clip"


def _prompt_sets(store: "PredictionStore", entries: "Sequence[ModelEntry]") -> dict[str, tuple[str, ...]]:
    """Return the sets of prompts for which every CLIP has a classifier, each a set of one subset."""
    of_clips = [set(store.prompt_sets(entry.name)) for entry in entries if _is_clip(entry)]
    common = set.intersection(*of_clips) if of_clips else set()
    return {name: (name,) for name in sorted(common, key=lambda name: (len(name), name))}


def _check_prompts(prompts: str, known: Mapping[str, object], store: Path) -> None:
    """Refuse a set of prompts that some CLIP has no classifier of, before anything is measured."""
    if prompts not in known:
        there = " or ".join(f"--prompts {name}" for name in known)
        others = f"give {there}" if known else "they share no set; predict them with one"
        raise ClipsafeError(f"--prompts {prompts}: {store} has no such classifier of every CLIP; {others}.")
