"""What a page quotes of another one: texts that its last rendering published."""

import json

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import Text


def results_of(chapter: str) -> dict[str, Text]:
    """Read what a chapter published when it was last rendered.

    Parameters
    ----------
    chapter : str
        Its name, as in ``shape-bias``.

    Raises
    ------
    ClipsafeError
        If the chapter has published nothing, or the file is damaged.

    Examples
    --------
    >>> sorted(results_of("shape-bias"))[0]
    'cause'
    """
    path = REPOSITORY / "book" / "results" / f"{chapter}.json"
    try:
        return {name: Text(text) for name, text in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError as error:
        raise ClipsafeError(f"{path}: not found; run `clipsafe render {chapter}` first.") from error
    except (OSError, ValueError, AttributeError) as error:
        raise ClipsafeError(f"{path}: expected texts by name.") from error
