"""How well the scores of a file part familiar images from each OOD set, for the cube `ood`."""

from collections.abc import Callable

import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.folder import Folder
from clipsafe_utils.importing.known_sets import HOME, KnownSet
from clipsafe_utils.importing.tables import Table, read_table
from clipsafe_utils.importing.unlabelled import ASKS_BELOW, given_scores, scored_others
from clipsafe_utils.measuring.detection import Scored
from clipsafe_utils.metrics.labelled import detection_of_scores
from clipsafe_utils.metrics.ood_scores import SCORES


def detection_of_files(
    folder: Folder, home: Scored, replicates: int, advance: Callable[[str], object]
) -> tuple[xr.Dataset, list[str]]:
    """Measure detection by every score that both files hold, against every set.

    Raises
    ------
    ClipsafeError
        If two files share no score, or the sign of one may be turned.
    """
    found, notes = [], []
    for name, known in folder.of_role("ood").items():
        file = read_table(folder.files[name])
        other = scored_others(file, known, folder.said.reading(name), folder.path, replicates)
        table = _against(home, other, known, file, folder)
        _ask_for_sign(table, file, folder, known)
        found.append(table)
        notes += [f"{name}: {file.rows:,} of {known.images:,} images"] * (0 < file.rows < known.images)
        advance(name)
    return xr.concat(found, "ood_set", join="outer").reindex(score=list(SCORES)), notes


def _against(home: Scored, other: Scored, known: KnownSet, file: Table, folder: Folder) -> xr.Dataset:
    shared = [name for name in home.scores if name in other.scores]
    if not shared:
        has = ", ".join(other.scores)
        needs = f"has the scores {has}, of which {folder.files[HOME].name} has none"
        raise ClipsafeError(f"{file.path}: {needs}; expected the same score in both.")
    return detection_of_scores(
        {name: home.scores[name] for name in shared},
        {known.condition: {name: other.scores[name] for name in shared}},
        home.weights,
        {known.condition: other.weights},
    )


def _ask_for_sign(table: xr.Dataset, file: Table, folder: Folder, known: KnownSet) -> None:
    if folder.said.reading(known.name).high_means:
        return
    for score in given_scores(file):
        if score in table["score"]:
            area = float(table["auroc"].sel(draw=0, score=score).item())
            if area < ASKS_BELOW:
                raise ClipsafeError(
                    f"{file.path}: the area under the ROC curve of {score} is {area:.3f}; is a high score "
                    'a sign of a known image? Say high_means = "known" or "unknown" in model.toml.'
                )
