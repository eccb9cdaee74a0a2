"""Numbers that a page carries for its script."""

import json
from collections.abc import Mapping


def data_element(data_class: str, data: Mapping[str, object]) -> str:
    r"""Return the element of a page that holds numbers for a script to read.

    Examples
    --------
    >>> data_element("my-data", {"name": "</script>"})
    '<script type="application/json" class="my-data">{"name":"\\u003c/script>"}</script>'
    """
    # Inside a script element "</script" ends it early, and "<!--" with "<script" keeps it from ending at all.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
    return f'<script type="application/json" class="{data_class}">{text}</script>'
