"""One line a cube: what there is, and where it comes from."""

from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import cubes_folder, find_study, list_studies, read_unchanged
from clipsafe_utils.errors import ClipsafeError


def overview(study: str | None = None, *, check: bool = False) -> list[dict[str, str]]:
    """Describe every file of cubes of a study, or of every study; reading a cube checks it.

    Keys: `study`, `cube` (a part with other terms has their name behind, as in ``shape_bias.by-sa``), `dims`
    with their sizes, `evidence`, `source` (`in_short`), `licence`, `content` (hash).
    """
    rows = []
    for described in list_studies() if study is None else [find_study(study)]:
        if check:
            described.check()
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


def in_short(source: str) -> str:
    """Say what a variable was made from, with raw files counted in place of named."""
    parts = source.split("; ")
    named = [part for part in parts if "sha256:" not in part]
    files = len(parts) - len(named)
    return "; ".join([*named, f"{files} raw file{'s' * (files > 1)}"] if files else named)
