"""Draw the glyph atlas from the icon fonts. Run by hand; nothing here is needed to draw the world.

Command: python -m clipsafe_engine.lab.world.make_atlas FOLDER, where FOLDER holds the fonts and the lists of
their glyphs: the folder `qtawesome/fonts` of the wheel qtawesome 1.4.0. Pillow draws them.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from clipsafe_engine.lab.world.glyphs import TILE
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing
from clipsafe_utils.registry.drawn_world import DATA
from clipsafe_utils.registry.toml_tables import entry, read_toml

FONTS = {
    "mdi": {
        "file": "materialdesignicons6-webfont-6.9.96.ttf",
        "glyphs": "materialdesignicons6-webfont-charmap-6.9.96.json",
        "sha256": "be825c1294d3c4f046c8e496b18f8f0c7d2864e339c81bdab9297f17ffac1938",
        "name": "Material Design Icons 6.9.96",
        "licence": "Apache-2.0",
        "address": "https://github.com/Templarian/MaterialDesign",
    },
    "ph": {
        "file": "phosphor-1.3.0.ttf",
        "glyphs": "phosphor-charmap-1.3.0.json",
        "sha256": "351874de64758f3b7fb405cd078ac0ed5ffb9717fb5b9b10013ac03d4c13680b",
        "name": "Phosphor 1.3.0",
        "licence": "MIT",
        "address": "https://github.com/phosphor-icons/homepage",
    },
    "fa": {
        "file": "fontawesome6-solid-webfont-6.7.2.ttf",
        "glyphs": "fontawesome6-solid-webfont-charmap-6.7.2.json",
        "sha256": "220d6d592b543eb991b8c11137ef0082c27d6ff6fdaa25e4335945f57a487c6c",
        "name": "Font Awesome 6 Free Solid 6.7.2",
        "licence": "OFL-1.1",
        "address": "https://github.com/FortAwesome/Font-Awesome",
    },
    "ri": {
        "file": "remixicon-2.5.0.ttf",
        "glyphs": "remixicon-charmap-2.5.0.json",
        "sha256": "0ac8bc3ccea26ed47e96844ef26675969c669714d723c081101e51799d501520",
        "name": "Remix Icon 2.5.0",
        "licence": "Apache-2.0",
        "address": "https://github.com/Remix-Design/RemixIcon",
    },
}
"""The fonts; every glyph of the atlas is `font:glyph`. The terms are those of the versions named."""

COLUMNS = 16
_MARGIN = 2
_DRAWN_AT = 200


def make_atlas(fonts: Path, folder: Path) -> int:
    """Draw all glyphs that `concepts.toml` names.

    Parameters
    ----------
    fonts : Path
        Holds the font files.
    folder : Path
        Holds `concepts.toml`; gets `atlas.png` and `atlas.json`.

    Returns
    -------
    int
        Number of glyphs.

    Raises
    ------
    ClipsafeError
        If a font is missing or is another version, or has no such glyph.

    Examples
    --------
    >>> make_atlas(Path("nowhere"), DATA)
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/materialdesignicons6-webfont-6.9.96.ttf: expected this font.
    """
    shown_in = _wanted(folder / "concepts.toml")
    typefaces = {short: _typeface(fonts, font) for short, font in FONTS.items()}
    tiles = []
    for glyph in shown_in:
        short, _, name = glyph.partition(":")
        if short not in typefaces or name not in typefaces[short][1]:
            raise ClipsafeError(f"{folder / 'concepts.toml'}: no font here has the glyph {glyph!r}.")
        typeface, codes = typefaces[short]
        tiles.append(_tile(typeface, chr(int(codes[name], 16))))
    rows = -(-len(tiles) // COLUMNS)
    atlas = Image.new("L", (COLUMNS * TILE, rows * TILE))
    for place, tile in enumerate(tiles):
        atlas.paste(tile, (place % COLUMNS * TILE, place // COLUMNS * TILE))
    with replacing(folder / "atlas.png") as path:
        atlas.save(path, optimize=True)
    with replacing(folder / "atlas.json") as path:
        path.write_text(_index(shown_in), encoding="utf-8")
    return len(tiles)


def _wanted(path: Path) -> dict[str, str]:
    table = read_toml(path)
    wanted = {}
    for row in entry(table, "concept", list, str(path)):
        for glyph in (*row.get("glyphs", []), *([row["rare"]] if "rare" in row else [])):
            wanted[str(glyph)] = str(row.get("name"))
    for row in entry(table, "unseen", list, str(path)):
        wanted[str(row.get("glyph"))] = f"unseen {row.get('kind')}"
    return wanted


def _typeface(fonts: Path, font: dict[str, str]) -> tuple[ImageFont.FreeTypeFont, dict[str, str]]:
    path = fonts / font["file"]
    if not path.exists():
        raise ClipsafeError(f"{path}: expected this font.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != font["sha256"]:
        raise ClipsafeError(f"{path}: expected the SHA-256 {font['sha256']}, found {found}.")
    codes: dict[str, str] = json.loads((fonts / font["glyphs"]).read_text(encoding="utf-8"))
    return ImageFont.truetype(path, _DRAWN_AT), codes


def _tile(typeface: ImageFont.FreeTypeFont, character: str) -> Image.Image:
    drawn = Image.new("L", (2 * _DRAWN_AT, 2 * _DRAWN_AT))
    ImageDraw.Draw(drawn).text((_DRAWN_AT / 2, _DRAWN_AT / 2), character, font=typeface, fill=255)
    drawn = drawn.crop(drawn.getbbox())
    side = max(drawn.size)
    square = Image.new("L", (side, side))
    square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    tile = Image.new("L", (TILE, TILE))
    inner = TILE - 2 * _MARGIN
    tile.paste(square.resize((inner, inner), Image.Resampling.LANCZOS), (_MARGIN, _MARGIN))
    return tile


def _index(shown_in: dict[str, str]) -> str:
    # `concept` is for the reader; the program takes it from concepts.toml.
    told = ("name", "licence", "address", "file", "sha256")
    fonts: Any = {short: {key: font[key] for key in told} for short, font in FONTS.items()}
    rows = [
        {"glyph": glyph, "concept": concept, "font": FONTS[glyph.partition(":")[0]]["name"]}
        for glyph, concept in shown_in.items()
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = f'"tile": {TILE}, "columns": {COLUMNS},\n"fonts": {json.dumps(fonts, indent=1)}'
    return f'{{{head},\n"glyphs": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    try:
        print(f"{make_atlas(Path(sys.argv[1]), DATA)} glyphs drawn.")
    except ClipsafeError as error:
        raise SystemExit(str(error)) from error
