"""One line a cube: what there is, and where it comes from."""

from collections.abc import Callable
from functools import partial

from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import Study, cubes_folder, find_study, list_studies, read_unchanged
from clipsafe_utils.cubes.validation import CubeError
from clipsafe_utils.errors import ClipsafeError


def overview(study: str | None = None, *, check: bool = False) -> list[dict[str, str]]:
    """Describe every file of cubes of a study, or of every study; reading a cube checks it.

    Keys: `study`, `cube` (a part with other terms has their name behind, as in ``shape_bias.by-sa``), `dims`
    with their sizes, `evidence`, `source` (`in_short`), `licence`, `content` (hash). A check names all faults
    of all cubes at once.
    """
    rows = []
    studies = list_studies() if study is None else [find_study(study)]
    if check and (faults := [fault for one in studies for fault in _faults_of(one)]):
        raise ClipsafeError("\n".join(faults))
    for described in studies:
        for path in [path for name in described.cubes for path in described.files(name)]:
            cube = read_unchanged(path)
            first = next(iter(cube.data_vars.values()))
            rows.append(
                {
                    "study": described.name,
                    "cube": path.name.removesuffix(".nc"),
                    "dims": ", ".join(f"{dim} {size}" for dim, size in cube.sizes.items()),
                    "evidence": cube.attrs["evidence"],
                    "source": in_short(first.attrs["source"]),
                    "licence": cube.attrs["licence"].split(":")[0],
                    "content": content_hash(cube)[:16],
                }
            )
    if not rows:
        raise ClipsafeError(f"{study or cubes_folder()}: expected a folder of studies, each with its cubes.")
    return rows


def _faults_of(study: Study) -> list[str]:
    """Name all faults of the files of a study, or else of them together."""
    files = [path for name in study.cubes for path in study.files(name)]
    checks: list[Callable[[], object]] = [
        study.check_models,
        *(partial(read_unchanged, path) for path in files),
    ]
    return [fault for check in checks for fault in _raised_by(check)] or _raised_by(study.check)


def _raised_by(check: Callable[[], object]) -> list[str]:
    try:
        check()
    except CubeError as error:
        return list(error.faults)
    except ClipsafeError as error:
        return [str(error)]
    return []


def in_short(source: str) -> str:
    """Say what a variable was made from, with raw files counted in place of named."""
    parts = source.split("; ")
    named = [part for part in parts if "sha256:" not in part]
    files = len(parts) - len(named)
    return "; ".join([*named, f"{files} raw file{'s' * (files > 1)}"] if files else named)
