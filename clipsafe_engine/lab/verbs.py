"""The verbs of `clipsafe miniature`. Everything heavy is imported inside the verb that needs it."""

from pathlib import Path
from typing import Annotated

import typer

from clipsafe_engine.lab.student_commands import student
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import print_table, say

miniature = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="From the weights of the miniature zoo to its cubes."
)

_Weights = Annotated[Path, typer.Option("--weights", help="Folder of the weights and their list.")]
_Store = Annotated[Path, typer.Option("--predictions", help="Folder of the predictions.")]
_Seed = Annotated[str, typer.Option(help="Test sets: development or reported.")]
_Jobs = Annotated[int, typer.Option(min=1, help="Processes of one thread each.")]


@miniature.command()
def choose(
    seed: Annotated[str, typer.Option(help="development or reported.")] = "development",
    folder: Annotated[Path, typer.Option("--weights", help="Folder of the references.")] = Path("_zoo"),
) -> None:
    """Let the two references choose the filtered test sets; done once a seed.

    Example: [bold]clipsafe train references && clipsafe miniature choose[/bold]
    """
    from clipsafe_engine.lab import commands

    for path in commands.choose(seed, folder):
        say(path)


@miniature.command()
def predict(
    weights: _Weights = Path("weights"),
    only: Annotated[list[str] | None, typer.Option("--only", help="This model alone.")] = None,
    predictions: _Store = Path("_predictions"),
    seed: _Seed = "reported",
    jobs: _Jobs = 2,
) -> None:
    """Run models over all test sets; what is done already is kept.

    Example: [bold]clipsafe miniature predict --weights _zoo[/bold]
    """
    from clipsafe_engine.lab import commands

    commands.predict(commands.models_of(weights, only or ()), weights, predictions, seed, jobs)


@miniature.command()
def measure(
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the cubes.")],
    weights: _Weights = Path("weights"),
    only: Annotated[list[str] | None, typer.Option("--only", help="This model alone.")] = None,
    predictions: _Store = Path("_predictions"),
    seed: _Seed = "reported",
    jobs: _Jobs = 2,
) -> None:
    """Turn predictions into the cubes of the study.

    Example: [bold]clipsafe miniature measure --weights _zoo -o mine[/bold]
    """
    from clipsafe_engine.lab import commands

    hashes = commands.measure(
        commands.models_of(weights, only or ()), weights, predictions, seed, folder, jobs
    )
    print_table([{"cube": name, "content": digest[:16]} for name, digest in hashes.items()], str(folder))


@miniature.command()
def reproduce(
    weights: _Weights = Path("weights"),
    work: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to work in: new, or of an earlier reproduction.")
    ] = Path("_reproduced"),
    quick: Annotated[bool, typer.Option("--quick", help="Six models.")] = False,
    jobs: _Jobs = 2,
) -> None:
    """Go from the shipped weights to cubes and compare them with those of the repository.

    Example: [bold]clipsafe miniature reproduce --quick[/bold]
    """
    from clipsafe_engine.lab import commands
    from clipsafe_engine.lab.compare import TOLERANCE, report
    from clipsafe_utils.cubes.studies import cubes_folder

    differences = commands.reproduce(weights, work, cubes_folder() / "miniature", quick=quick, jobs=jobs)
    print_table(report(differences), f"Reproduced, tolerance {TOLERANCE}")
    if not all(one.agrees for one in differences):
        raise ClipsafeError(
            "The cubes made here differ from those of the repository by more than the tolerance."
        )


miniature.command()(student)
