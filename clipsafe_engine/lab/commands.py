"""What `clipsafe miniature` does: from weights to predictions, to cubes, to a comparison with those kept."""

from collections.abc import Sequence
from pathlib import Path

from clipsafe_engine.lab.compare import Difference, compare
from clipsafe_engine.lab.measure.embeddings import write_embeddings
from clipsafe_engine.lab.measure.experiments import measure_experiments
from clipsafe_engine.lab.measure.miniature import LICENCE, STUDY, measure_miniature
from clipsafe_engine.lab.measure.templates import REASONS as TEMPLATE_REASONS
from clipsafe_engine.lab.measure.templates import measure_templates
from clipsafe_engine.lab.predict.references import choose_filtered
from clipsafe_engine.lab.predict.run import predict_zoo
from clipsafe_engine.lab.predict.sets import model_name, world_hash
from clipsafe_engine.lab.training.ledger import LEDGER, Row, read_ledger
from clipsafe_engine.lab.training.recipe import EXPERIMENTS, read_groups
from clipsafe_engine.lab.training.weights import logit_scale
from clipsafe_engine.lab.workspace import clear_workspace
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.prompts import read_prompt_sets, read_single_templates
from clipsafe_engine.lab.world.sets import HARD, TEST_SETS
from clipsafe_engine.lab.world.world import load_world
from clipsafe_engine.lab.zoo import evaluated, record_of
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import Facts, write_cubes
from clipsafe_utils.terminal import progress

QUICK = (
    "labels-resnet_xs-labels-4k-s0",
    "labels-resnet_xs-labels-64k-s0",
    "labels-resnet_xs-wit-64k-s0",
    "clip-resnet_xs-wit-64k-s0",
    "clip-resnet_xs-laion-64k-s0",
    "tuned-clip-resnet_xs-wit-64k-s0",
)
"""The six models of a quick reproduction."""

EMBEDDED = tuple(
    f"clip-{architecture}-{source}-64k-s0"
    for architecture in ("resnet_xs", "resnet_s", "convnext_s", "vit_s")
    for source in ("wit", "laion")
)
"""The CLIPs whose embeddings are kept, so that a reader's own prompt costs no image."""


def choose(seed: str, weights: Path) -> list[Path]:
    """Choose the filtered sets of a named seed; see `choose_filtered`."""
    world = load_world()
    return choose_filtered(world, weights, seed_called(world.folder, seed))


def models_of(weights: Path, only: Sequence[str] = ()) -> list[Row]:
    """Return the models of a folder that are measured, or some of them.

    Raises
    ------
    ClipsafeError
        If there is no list of models, or a name is not on it.

    Examples
    --------
    >>> models_of(Path("nowhere"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/zoo.csv: expected a list of trained models.
    """
    rows = {row.name: row for row in evaluated(read_ledger(weights))}
    if not rows:
        raise ClipsafeError(f"{weights / 'zoo.csv'}: expected a list of trained models.")
    for name in only:
        if name not in rows:
            raise ClipsafeError(f"{weights / 'zoo.csv'}: no model {name!r} that is measured.")
    return [rows[name] for name in only] if only else list(rows.values())


def predict(rows: Sequence[Row], weights: Path, store: Path, seed: str, jobs: int) -> None:
    """Run models over the test sets of a named seed; see `predict_zoo`."""
    world = load_world()
    sources = {(row.source, row.knobs) for row in rows}
    with progress("Predicting", total=len(TEST_SETS) + len(sources)) as advance:
        predict_zoo(rows, weights, store, seed_called(world.folder, seed), jobs=jobs, advance=advance)


def measure(
    rows: Sequence[Row], weights: Path, store: Path, seed: str, folder: Path, jobs: int
) -> dict[str, str]:
    """Measure models and write the cubes of the study; see `measure_miniature`.

    Where all of `EMBEDDED` are among the models, their embeddings are kept too.
    """
    world = load_world()
    number = seed_called(world.folder, seed)
    ledger = read_ledger(weights)
    with progress("Measuring", total=len(rows)) as advance:
        hashes = measure_miniature(
            store,
            [record_of(ledger, row, weights) for row in rows],
            folder,
            store / "measured",
            world=world,
            seed=number,
            prompt_sets={name: (name,) for name in read_prompt_sets(world)},
            expected={"images": world_hash(world, number)},
            jobs=jobs,
            advance=advance,
        )
    if {row.name for row in rows} >= set(EMBEDDED):
        source = f"clipsafe miniature measure; test sets of seed {number}; prompt set default"
        write_embeddings(
            PredictionStore(store),
            [f"{STUDY}:{name}" for name in EMBEDDED],
            folder / "embeddings.nc",
            Facts(STUDY, "proxy", LICENCE, source),
            class_names=world.class_names,
            templates=read_single_templates(world),
        )
    return hashes


def experiment(weights: Path, store: Path, folder: Path, seed: str, jobs: int) -> dict[str, str]:
    """Run the trained models of all experiments over the test sets, measure them and write their study.

    Parameters
    ----------
    weights : Path
        Folder of the trained models and their list; models of no experiment are left out.
    store : Path
        Gets the predictions.
    folder : Path
        Gets the cubes.
    seed : str
        Of the test sets: development or reported.
    jobs : int
        Processes of one thread each.

    Raises
    ------
    ClipsafeError
        If no experiment is trained there, or a weight file is damaged or not the one of the list.

    Examples
    --------
    >>> experiment(Path("nowhere"), Path("nowhere"), Path("nowhere"), "reported", jobs=1)
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/zoo.csv: expected models of the experiments encoder, ...
    """
    ledger, known = read_ledger(weights), read_groups(EXPERIMENTS)
    rows = [row for row in ledger.values() if row.training_group in known]
    if not rows:
        raise ClipsafeError(f"{weights / LEDGER}: expected models of the experiments {', '.join(known)}.")
    world = load_world()
    number = seed_called(world.folder, seed)
    sets = (*TEST_SETS, HARD)
    clips = {model_name(row): weights / f"{row.name}.safetensors" for row in rows if row.loss == "clip"}
    scales = {model: logit_scale(path) for model, path in clips.items()}
    sources = {(row.source, row.knobs) for row in rows}
    with progress("Predicting", total=len(sets) + len(sources)) as advance:
        provenance = predict_zoo(rows, weights, store, number, jobs=jobs, sets=sets, advance=advance)
    with progress("Measuring", total=len(rows)) as advance:
        return measure_experiments(
            store,
            [record_of(ledger, row, weights) for row in rows],
            scales,
            folder,
            store / "measured",
            world=world,
            seed=number,
            expected=provenance,
            jobs=jobs,
            advance=advance,
        )


def templates(weights: Path, folder: Path) -> dict[str, str]:
    """Measure the shipped CLIPs under templates that differ in what they say; see `measure_templates`."""
    facts = Facts(STUDY, "proxy", LICENCE, "clipsafe miniature templates; kept images", TEMPLATE_REASONS)
    embeddings = find_study(STUDY).read("embeddings")
    return write_cubes({"templates": measure_templates(embeddings, load_world(), weights, facts)}, folder)


def reproduce(weights: Path, work: Path, kept: Path, *, quick: bool, jobs: int) -> list[Difference]:
    """Run and measure the shipped models anew and compare the cubes with those of the repository.

    Parameters
    ----------
    weights : Path
        The shipped weights.
    work : Path
        Gets the predictions and the cubes: a new folder, or one of an earlier reproduction, which is removed.
    kept : Path
        The study's folder in the repository.
    quick : bool
        Six models in place of all.
    jobs : int
        Processes of one thread each.

    Raises
    ------
    ClipsafeError
        If the folder holds what no reproduction made, a weight file is damaged or not the one of the list, or
        a cube is missing.

    Examples
    --------
    >>> reproduce(Path("nowhere"), Path("nowhere"), Path("nowhere"), quick=True, jobs=1)
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/zoo.csv: expected a list of trained models.
    """
    rows = [row for row in models_of(weights, QUICK if quick else ()) if row.shipped]
    clear_workspace(work)
    predict(rows, weights, work, "reported", jobs)
    measure(rows, weights, work, "reported", work / "cubes", jobs)
    return compare(work / "cubes", kept)
