"""Training sources can be told apart by colour and by shape, on both backgrounds."""

import pytest
from matplotlib.colors import to_rgb

from clipsafe_utils.figures.style import SOURCE_COLOURS, SOURCE_MARKERS, source_look


def test_every_source_has_its_own_look() -> None:
    assert set(SOURCE_COLOURS) == set(SOURCE_MARKERS)
    looks = [source_look(name) for name in [*SOURCE_COLOURS, "another"]]
    for different in zip(*looks, strict=True):
        assert len(set(different)) == len(looks)


@pytest.mark.parametrize("background", ["#ffffff", "#121212"])
@pytest.mark.parametrize("source", SOURCE_COLOURS)
def test_marks_stand_out_on_both_backgrounds(source: str, background: str) -> None:
    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(source_look(source)[0]), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 2.2
