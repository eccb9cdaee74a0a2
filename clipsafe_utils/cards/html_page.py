"""A card as one page of HTML that needs no other file and no network."""

from html import escape
from itertools import groupby

from clipsafe_utils.cards.card import NOT_A_CERTIFICATE, NOT_CHECKED, Card, Line
from clipsafe_utils.cards.use import RULES
from clipsafe_utils.cards.wording import HEADINGS, Cells, about, cells_of, title_of, unknown, ways
from clipsafe_utils.say import Value
from clipsafe_utils.show.strip import strip, strip_colours

_LIGHT, _DARK = strip_colours()
_STYLE = f"""
:root {{ color-scheme: light dark; --ink: #1b1f23; --soft: #57606a; --page: #fff; --rule: #d0d7de;
  --own: {_LIGHT}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6edf3; --soft: #9da7b1; --page: #14181c;
  --rule: #3d444d; --own: {_DARK}; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; padding: 1rem; max-width: 64rem; font: 14px/1.4 system-ui, sans-serif;
  color: var(--ink); background: var(--page); overflow-wrap: break-word; }}
h1 {{ font-size: 1.4rem; margin: 0 0 .3rem; }}
h2 {{ font-size: 1rem; margin: 1rem 0 .2rem; }}
p, ul {{ margin: .3rem 0; }} ul {{ padding-left: 1.1rem; }}
.note {{ border-left: 3px solid var(--own); padding-left: .6rem; font-weight: 600; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem .5rem .2rem 0;
  border-top: 1px solid var(--rule); }}
thead th {{ border-top: 0; color: var(--soft); font-weight: 600; }}
tbody th {{ font-weight: 600; }} small, .soft {{ color: var(--soft); font-weight: 400; }}
.part th {{ padding-top: .6rem; font-size: 1rem; }}
td svg {{ display: block; width: 140px; height: 18px; color: var(--soft); }}
td span {{ white-space: nowrap; color: var(--soft); }}
th[scope="row"] {{ min-width: 8rem; }} td:nth-child(4) {{ min-width: 6.5rem; }}
  td:nth-child(5) {{ min-width: 9.5rem; }} th small {{ display: block; }}
path.own {{ fill: var(--own); }} line.own {{ stroke: var(--own); stroke-width: 2.5; }}
@media (max-width: 700px) {{
  thead {{ display: none; }} tr, th, td {{ display: block; border-top: 0; padding: .05rem 0; }}
  tbody tr {{ border-top: 1px solid var(--rule); padding: .4rem 0; }}
  td[data-name]::before {{ content: attr(data-name) ": "; color: var(--soft); }}
}}
@page {{ size: A4; margin: 10mm; }}
@media print {{
  :root {{ color-scheme: light; --ink: #000; --soft: #444; --page: #fff; --rule: #ccc; --own: {_LIGHT}; }}
  body {{ font-size: 7pt; line-height: 1.18; max-width: none; padding: 0; }}
  h1 {{ font-size: 13pt; }} h2 {{ font-size: 8.5pt; margin: 5pt 0 1pt; }} ul {{ columns: 2; }}
  th, td {{ padding: 1pt 5pt 1pt 0; }} .part th {{ padding-top: 3pt; font-size: 8.5pt; }}
  th[scope="row"] {{ min-width: 24mm; }} td:nth-child(4) {{ min-width: 22mm; }}
  td:nth-child(5) {{ min-width: 30mm; }}
  td svg {{ width: 100px; height: 12px; }} tr {{ break-inside: avoid; }}
}}
"""


def as_html(card: Card) -> str:
    """Write a card as a page that prints on two sheets and has no request in it."""
    name = escape(title_of(card))
    lists = "".join(
        f"<h2>{heading}</h2><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        for heading, items in (
            ("Not known", unknown(card)),
            ("Not checked", NOT_CHECKED),
            ("How the intervals of the ranks are made", ways(card)),
            ("How the sentences are chosen", RULES),
        )
        if items
    )
    first, *others = HEADINGS
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in (first, "Among the record", *others))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{name}: card</title><style>{_STYLE}</style></head>\n<body><main><h1>{name}</h1>"
        f'<p class="note">{escape(NOT_A_CERTIFICATE)}</p>'
        + "".join(f"<p>{escape(text)}</p>" for text in about(card))
        + f"<table><thead><tr>{heads}</tr></thead><tbody>\n{_rows(card)}</tbody></table>\n{lists}"
        "</main></body></html>\n"
    )


def _rows(card: Card) -> str:
    written = []
    for part, lines in groupby(cells_of(card), key=lambda pair: pair[1].part):
        written.append(
            f'<tr class="part"><th colspan="{len(HEADINGS) + 1}" scope="rowgroup">{escape(part)}</th></tr>'
        )
        written += [_row(line, cells) for line, cells in lines]
    return "\n".join(written) + "\n"


def _row(line: Line, cells: Cells) -> str:
    assert isinstance(line.value, Value)
    kind = f" <small>{escape(cells.kind)}</small>" if cells.kind else ""
    alt = f"{cells.title}: {cells.value}, place {cells.place}"
    drawn = strip(line.others, line.value.estimate, line.value.low, line.value.high, alt)
    named = zip(HEADINGS[1:], (cells.value, cells.place, cells.equal, cells.use), strict=True)
    texts = "".join(f'<td data-name="{escape(name)}">{_in_lines(name, text)}</td>' for name, text in named)
    return f'<tr><th scope="row">{escape(cells.title)}{kind}</th><td>{drawn}</td>{texts}</tr>'


def _in_lines(name: str, text: str) -> str:
    """Break a cell of numbers before its interval, or after the height above the line."""
    breaks = {HEADINGS[1]: (" (", "<br><span>("), HEADINGS[3]: ("; ", "<br>")}
    before, after = breaks.get(name, ("", ""))
    written = escape(text)
    if not before or before not in written:
        return written
    return written.replace(before, after, 1) + ("</span>" if "<span>" in after else "")
