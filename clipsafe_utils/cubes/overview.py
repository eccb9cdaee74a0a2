"""One line a cube: what there is, and where it comes from."""

from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import cubes_folder, find_study, list_studies
from clipsafe_utils.errors import ClipsafeError


def overview(study: str | None = None, *, check: bool = False) -> list[dict[str, str]]:
    """Describe every cube of a study, or of every study; reading a cube checks it.

    Parameters
    ----------
    study : str, optional
        Its name, or a path to its folder.
    check : bool
        Also check that the study has what every study needs.

    Returns
    -------
    list of dict
        `study`, `cube`, `dims` with their sizes, `evidence`, `source` (the command, its seeds and its input,
        `in_short`), `licence` and `content` (hash).

    Raises
    ------
    ClipsafeError
        If a cube breaks a rule, or there is none.

    Examples
    --------
    >>> sorted({row["study"] for row in overview()})[-1]
    'published'
    """
    rows = []
    for one in list_studies() if study is None else [find_study(study)]:
        if check:
            one.check()
        for name in one.cubes:
            cube = one.read(name)
            first = next(iter(cube.data_vars.values()))
            rows.append(
                {
                    "study": one.name,
                    "cube": name,
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


def in_short(source: str) -> str:
    """Say what a variable was made from, with raw files counted in place of named.

    Parameters
    ----------
    source : str
        The attribute ``source``: parts parted by semicolons, a raw file with its SHA-256.

    Examples
    --------
    >>> in_short("clipsafe record; me/data@1a2b a.csv sha256:0a; me/data@1a2b b.csv sha256:1b; seed 7")
    'clipsafe record; seed 7; 2 raw files'
    """
    parts = source.split("; ")
    said = [part for part in parts if "sha256:" not in part]
    files = len(parts) - len(said)
    return "; ".join([*said, f"{files} raw file{'s' * (files > 1)}"] if files else said)
