"""The verb `clipsafe field`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

WORK = Path("_predictions") / "field"


def field(
    images: Annotated[Path, typer.Argument(help="Folder of imagenet-samples and cue-conflict.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the cubes; default: the study `field`.")
    ] = None,
    predictions: Annotated[Path, typer.Option("--predictions", help="Folder of the predictions.")] = WORK,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Run real weights on real images, compare with a plain timm loop, and write the study `field`.

    Needs the extra `field`. Cubes are written if both agree on every image.

    Example: [bold]clipsafe field /data/images[/bold]
    """
    from clipsafe_engine.datasets.opening import open_images
    from clipsafe_engine.field import run
    from clipsafe_engine.field.wheels import WHEELS
    from clipsafe_utils.cubes.studies import cubes_folder
    from clipsafe_utils.registry.data_sets import data_set
    from clipsafe_utils.terminal import print_json, print_table, progress

    folder = output or cubes_folder() / run.STUDY
    count = sum(len(open_images(data_set(name), images)) for name in (run.SAMPLES, run.CUES))
    with progress("Predicting", total=count) as advance:
        run.run_models(images, predictions, advance)
    with progress("timm's own loop", total=count * len(WHEELS)) as advance:
        parity = run.compare_with_timm(images, predictions, advance)
    hashes = run.write_field(images, predictions, folder, parity)
    if as_json:
        print_json({"parity": [asdict(one) for one in parity], "cubes": hashes})
        return
    rows = [
        {
            "model": one.model,
            "images": f"{one.images} of {one.dataset}",
            "largest difference of a logit": f"{one.largest_difference:.1e}",
            "same predictions": one.same_predictions,
            "same decisions": one.same_decisions,
        }
        for one in parity
    ]
    print_table(rows, f"Parity with timm; cubes in {folder}")
