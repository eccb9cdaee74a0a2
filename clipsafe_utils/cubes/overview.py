"""One line a cube: what there is, and where it comes from."""

from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import list_studies


def overview(*, check: bool = False) -> list[dict[str, str]]:
    """Describe every cube of every study.

    Parameters
    ----------
    check : bool
        Also check that every model of a study is described in its cube `models`. Reading a cube
        checks the cube itself.

    Returns
    -------
    list of dict
        `study`, `cube`, `dims` with their sizes, `evidence`, `source`, `licence` and `content` (hash).

    Raises
    ------
    ClipsafeError
        If a cube breaks a rule.

    Examples
    --------
    >>> sorted({row["study"] for row in overview()})[-1]
    'published'
    """
    rows = []
    for study in list_studies():
        if check:
            study.check()
        for name in study.cubes:
            cube = study.read(name)
            first = next(iter(cube.data_vars.values()))
            rows.append(
                {
                    "study": study.name,
                    "cube": name,
                    "dims": ", ".join(f"{dim} {size}" for dim, size in cube.sizes.items()),
                    "evidence": cube.attrs["evidence"],
                    "source": first.attrs["source"].split(";")[0],
                    "licence": cube.attrs["licence"].split(":")[0],
                    "content": content_hash(cube)[:16],
                }
            )
    return rows
