"""The verbs `clipsafe train` and `clipsafe miniature`. Everything heavy is imported inside the verb."""

from pathlib import Path
from typing import Annotated

import typer

from clipsafe_engine.lab.student_commands import student
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import print_json, print_table, say

miniature = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="From the weights of the miniature zoo to its cubes."
)

_Weights = Annotated[Path, typer.Option("--weights", help="Folder of the weights and their list.")]
_Store = Annotated[Path, typer.Option("--predictions", help="Folder of the predictions.")]
_Seed = Annotated[str, typer.Option(help="Test sets: development or reported.")]
_Jobs = Annotated[int, typer.Option(min=1, help="Processes of one thread each.")]


def train(
    group: Annotated[str, typer.Argument(help="A group of the zoo, or your own file of recipes.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Train this model of the group, and what it needs.")
    ] = None,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder to work in.")] = Path("_zoo"),
    weights: Annotated[
        Path | None,
        typer.Option("--ship", help="Copy what the repository ships of the group to this folder."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of one thread each.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Train a group of the miniature zoo; what is trained already is kept.

    Example: [bold]clipsafe train ladder[/bold]
    """
    from clipsafe_engine.lab.training.commands import train_named_group

    rows = train_named_group(group, only or [], folder, jobs, weights)
    if as_json:
        print_json([row.for_json() for row in rows])
        return
    shown = ("name", "accuracy", "seconds")
    print_table([{name: getattr(row, name) for name in shown} for row in rows], f"{group}, in {folder}")


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
def experiments(
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the cubes.")],
    weights: _Weights = Path("_zoo"),
    predictions: _Store = Path("_predictions"),
    seed: _Seed = "reported",
    jobs: _Jobs = 2,
) -> None:
    """Run and measure the trained models of the experiments, and write the cubes of their study.

    Example: [bold]clipsafe train length && clipsafe miniature experiments -o cubes/experiments[/bold]
    """
    from clipsafe_engine.lab import commands

    hashes = commands.experiment(weights, predictions, folder, seed, jobs)
    print_table([{"cube": name, "content": digest[:16]} for name, digest in hashes.items()], str(folder))


@miniature.command()
def templates(
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for the cube.")],
    weights: _Weights = Path("weights"),
) -> None:
    """Test the shipped CLIPs under templates that differ in what they say; ten minutes, text towers only.

    Example: [bold]clipsafe miniature templates -o mine[/bold]
    """
    from clipsafe_engine.lab import commands

    hashes = commands.templates(weights, folder)
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
