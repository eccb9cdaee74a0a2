"""The command `clipsafe`: one verb for each arrow of the flow."""

# Everything heavy is imported inside the verb that needs it, so that `clipsafe --help` answers at once.

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from clipsafe_utils import __version__, boundary
from clipsafe_utils.cards.commands import card
from clipsafe_utils.claims.commands import claims
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.commands import import_
from clipsafe_utils.terminal import print_json, print_table, progress, say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="How far can you rely on a CLIP model? Cubes, chapters and the book of the study.",
)
cubes_app = typer.Typer(rich_markup_mode="rich")
app.add_typer(cubes_app, name="cubes")

COMMANDS = "clipsafe.commands"
"""Group of entry points through which a package adds verbs: functions, or groups of them."""

_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
_Jobs = Annotated[int, typer.Option(min=1, help="Chapters that run at the same time.")]


def main() -> NoReturn:
    """Run the command line; see `boundary.run` for how it ends."""
    boundary.run(app)


def _print_version(value: bool) -> None:
    if value:
        say(f"clipsafe {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", callback=boundary.show_tracebacks, help="Print the traceback of what stops a command."
        ),
    ] = False,
) -> None:
    """Take the options that stand before the verb."""


@cubes_app.callback(invoke_without_command=True)
def cubes(
    context: typer.Context,
    study: Annotated[
        str | None, typer.Option(help="Name of a study, or a path to its folder; default: every study.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Validate every cube.")] = False,
    as_json: _Json = False,
) -> None:
    """List, check and export result cubes: studies, dims, sources.

    Example: [bold]clipsafe cubes --study ./my-cubes --check[/bold]
    """
    if context.invoked_subcommand is not None:
        return
    from clipsafe_utils.cubes.overview import overview

    rows = overview(study, check=check)
    if as_json:
        print_json(rows)
        return
    print_table(rows, "Cubes")
    if check:
        say(f"{len(rows)} cubes checked, none at fault.")


@cubes_app.command()
def export(
    cube: Annotated[str, typer.Argument(help="Name of the cube, for example factors.")],
    study: Annotated[str, typer.Option(help="Name of a study, or a path to its folder.")] = "published",
    to: Annotated[str, typer.Option(help="csv or parquet.")] = "csv",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path(),
) -> None:
    """Write a cube as tidy tables.

    Example: [bold]clipsafe cubes export factors --to parquet -o tables[/bold]
    """
    from clipsafe_utils.cubes import find_study
    from clipsafe_utils.cubes.export import export_cube

    for path in export_cube(find_study(study).read(cube), cube, output, to):
        say(path)


@app.command()
def record(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the cubes; default: the study `published`."),
    ] = None,
    cube: Annotated[
        str | None, typer.Option("--cube", help="Only this cube, from its own raw files; default: all.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="A source whose rows are left out; the book then says so."),
    ] = None,
    contribution: Annotated[
        Path | None,
        typer.Option(
            "--contribution", help="Add the rows of a folder of cubes with contribution.toml; no raw file."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Rebuild the cubes of the public record from the raw files.

    Files come from their repositories at pinned commits, and stay in the user's cache: a run that was stopped
    goes on from there. With a folder CLIPSAFE_MIRROR that holds them, nothing is downloaded.

    Example: [bold]CLIPSAFE_MIRROR=mirror clipsafe record --cube shape_bias[/bold]

    Without a source: [bold]clipsafe record --without vlm-shapebias -o mine[/bold]

    With what somebody sent: [bold]clipsafe record --contribution my-lab[/bold]
    """
    from clipsafe_utils.cubes.studies import Study, cubes_folder
    from clipsafe_utils.record.contributions import add_contribution
    from clipsafe_utils.record.public_sources import PUBLIC_SOURCES
    from clipsafe_utils.record.published import (
        CUBES,
        FILES,
        STUDY,
        needed_paths,
        write_one,
        write_published,
    )
    from clipsafe_utils.record.sources import fetch_all

    folder = output or cubes_folder() / STUDY
    if cube is not None and cube not in CUBES:
        raise ClipsafeError(f"--cube is '{cube}'; the cubes are {', '.join(CUBES)}.")
    if unknown := [name for name in without or () if name not in PUBLIC_SOURCES]:
        raise ClipsafeError(f"--without is '{unknown[0]}'; the sources are {', '.join(PUBLIC_SOURCES)}.")
    if cube is not None and without:
        raise ClipsafeError("--without asks for all cubes, since `models` describes them; leave --cube out.")
    if contribution is not None:
        if cube is not None or without:
            raise ClipsafeError("--contribution adds all that was sent; leave --cube and --without out.")
        hashes = add_contribution(contribution, Study(STUDY, folder))
    else:
        fetch_all(needed_paths(cube, without or ()))
        with progress("Cubes", total=1 if cube else len(FILES) + 1) as advance:
            if cube is None:
                hashes = write_published(folder, advance, without or ())
            else:
                hashes = write_one(cube, folder)
                advance(cube)
    if as_json:
        print_json(hashes)
        return
    rows = [{"cube": str(folder / f"{name}.nc"), "content": digest[:16]} for name, digest in hashes.items()]
    print_table(rows, "Record")


app.command()(claims)
app.command(name="import")(import_)
app.command()(card)
for _point in entry_points(group=COMMANDS):
    _verb = _point.load()
    if isinstance(_verb, typer.Typer):
        app.add_typer(_verb, name=_point.name)
    else:
        app.command(_point.name)(_verb)


@app.command()
def render(
    chapter: Annotated[
        str | None, typer.Argument(help="One chapter, for example shape-bias; default: all.")
    ] = None,
    parameters: Annotated[
        str | None, typer.Option("--parameters", "-y", help="Parameters as YAML; needs a chapter and -o.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for your own notebook and HTML page.")
    ] = None,
    without_answers: Annotated[
        bool, typer.Option("--without-answers", help="Leave the answers out: a copy for students; needs -o.")
    ] = False,
    jobs: _Jobs = 2,
) -> None:
    r"""Run chapters: all of them for the book, or one with your own parameters.

    Example: [bold]clipsafe render shape-bias -y '{cue_classes: \[cat, dog]}' -o mine[/bold]
    """
    from clipsafe_utils.publishing.commands import render_book, render_own

    if output is not None and chapter is not None:
        values = "{}" if parameters is None else parameters
        for path in render_own(chapter, values, output, with_answers=not without_answers):
            say(path)
        return
    if without_answers:
        raise ClipsafeError(
            "A copy without answers needs a chapter and a folder:"
            " clipsafe render CHAPTER --without-answers -o FOLDER."
        )
    if parameters is not None or output is not None:
        raise ClipsafeError(
            "Your own parameters need a chapter and a folder: clipsafe render CHAPTER -y YAML -o FOLDER."
        )
    render_book(chapter, jobs)


@app.command()
def text(
    page: Annotated[Path, typer.Argument(help="A rendered page: book/*.ipynb, or one of your own.")],
) -> None:
    """Print what a rendered page says: every sentence, caption and table, a sentence a line.

    Two states of a page are told apart by a difference of their texts.

    Example: [bold]clipsafe text book/02-shape-bias.ipynb[/bold]
    """
    from clipsafe_utils.publishing.texts import text_of_page

    say(text_of_page(page).removesuffix("\n"))


@app.command(name="compile")
def compile_() -> None:
    """Compile the rendered chapters into the site, strictly: a warning is an error.

    Example: [bold]clipsafe compile[/bold]
    """
    from clipsafe_utils.publishing.commands import compile_site

    say(f"The book is at {compile_site().as_uri()}")


@app.command()
def book(jobs: _Jobs = 2) -> None:
    """Render the chapters whose sources have changed since they were rendered here, and compile the site.

    Example: [bold]clipsafe book[/bold]
    """
    from clipsafe_utils.publishing.commands import compile_site, render_what_changed

    if not render_what_changed(jobs):
        say("The chapters are up to date: only the site is compiled.", to_stderr=True)
    say(f"The book is at {compile_site().as_uri()}")


@app.command()
def teaching(
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the class.")] = Path("room"),
    seed: Annotated[
        int, typer.Option(min=0, help="Which three models are judged: a variant for a class.")
    ] = 0,
    judge_only: Annotated[
        bool,
        typer.Option("--judge-only", help="Write only the models to judge: a variant for another group."),
    ] = False,
) -> None:
    """Write what a class needs: handout, sheet for guesses, figures to project, models to judge, answer key.

    The book and the reruns of the plans are in it, too, for a room without a network. The reruns come last
    and take minutes.

    Example: [bold]clipsafe teaching --seed 3 -o room[/bold]
    """
    from clipsafe_utils.publishing.room import STEPS, write_judge, write_room

    if judge_only:
        write_judge(output, seed)
        say(output)
        return
    with progress("For the class", total=STEPS) as advance:
        say(write_room(output, seed, advance))
