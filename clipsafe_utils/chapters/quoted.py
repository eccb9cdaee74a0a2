"""What a page quotes of another one: texts and figures of its last rendering."""

import base64
import json
import re

from clipsafe_utils.address import name_of
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import Text
from clipsafe_utils.show.shown import Shown

SOURCE = re.compile(r'<p class="figure-source">.*?</p>')
"""Where the numbers of a figure come from, and their terms; stands under it."""


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
    >>> "clips_say" in results_of("shape-bias")
    True
    """
    path = REPOSITORY / "book" / "results" / f"{chapter}.json"
    try:
        return {name: Text(text) for name, text in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError as error:
        raise ClipsafeError(f"{path}: not found; run `clipsafe render {chapter}` first.") from error
    except (OSError, ValueError, AttributeError) as error:
        raise ClipsafeError(f"{path}: expected texts by name.") from error


def figure_of(page: str, name: str) -> Shown:
    """Take a figure with its source as another page drew it when it was last rendered, without its data.

    Parameters
    ----------
    page : str
        File name of the page, as in ``02-shape-bias``.
    name : str
        Name of the figure, as in ``fig-shape-bias``.

    Raises
    ------
    ClipsafeError
        If the page is not rendered or has no such figure.

    Examples
    --------
    >>> figure_of("02-shape-bias", "fig-shape-bias").markup[:27]
    '<div class="themed-figure">'
    """
    path = REPOSITORY / "book" / f"{page}.ipynb"
    if not path.is_file():
        raise ClipsafeError(f"{path}: not found; run `clipsafe render {name_of(path)}` first.")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") == name and cell["outputs"]:
            markup = "".join(cell["outputs"][0]["data"]["text/html"])
            png = base64.b64decode(cell["outputs"][0]["data"].get("image/png", ""))
            drawing, _, beside = markup.partition("</svg>")
            source = SOURCE.search(beside)
            return Shown(f"{drawing}</svg></div>{source[0] if source else ''}", png)
    raise ClipsafeError(f"{path}: no figure {name}.")
