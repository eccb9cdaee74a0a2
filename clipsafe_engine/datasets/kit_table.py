"""Read the table of classes in ImageNet's development kit, in a process of its own.

SciPy's reader of MAT files can end the process that reads a broken one.
"""

import io
import json
import subprocess
import sys

import numpy as np

from clipsafe_utils.errors import ClipsafeError

_SECONDS = 60


def read_kit_table(meta: bytes, name: str) -> dict[str, str]:
    """Return the WordNet id of each class by its number in the kit.

    Parameters
    ----------
    meta : bytes
        The file ``meta.mat``.
    name : str
        What an error calls it.

    Raises
    ------
    ClipsafeError
        If it is no such table.
    """
    command = [sys.executable, "-m", __name__]
    try:
        child = subprocess.run(command, input=meta, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ClipsafeError(f"{name}: is not that of the development kit (it cannot be read).") from error
    if child.returncode:
        said = child.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said and child.returncode > 0 else "it cannot be read"
        raise ClipsafeError(f"{name}: is not that of the development kit ({reason}).")
    table: dict[str, str] = json.loads(child.stdout)
    return table


def _print_table() -> None:
    from scipy.io import loadmat

    rows = np.atleast_1d(loadmat(io.BytesIO(sys.stdin.buffer.read()), squeeze_me=True)["synsets"])
    # Beside the classes there are the nodes above them, which have children.
    classes = {str(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in rows if row["num_children"] == 0}
    json.dump(classes, sys.stdout)


if __name__ == "__main__":
    _print_table()
