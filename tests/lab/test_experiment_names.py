"""What the findings on experiments read is what recipes train, and none of their models is left unread."""

from collections.abc import Iterable

import pytest

from clipsafe_engine.lab.training.recipe import EXPERIMENTS, GROUPS, read_group, read_groups
from clipsafe_utils.findings.experiments import encoder, language, length, many_sources, regime, texture
from clipsafe_utils.findings.experiments.cells import Cell

READ: dict[str, list[Cell]] = {
    "language": [
        cell
        for source in language.SOURCES
        for cell in (
            language.classifiers(source),
            *(language.clips(source, rung) for rung in language.RUNGS),
        )
    ],
    "texture": [cell for loss in texture.LOSSES for cell in texture.corners(loss)],
    "encoder": [cell(source) for source in encoder.SOURCES for cell in (encoder.vits, encoder.resnets)],
    "length": [cell.models for cell in length.CELLS],
    "regime": [
        cell
        for kind in (regime.CLIPS, regime.LABELS, regime.QUARTER, regime.SECOND)
        for cell in kind.values()
    ],
    "many_sources": [
        tuple(many_sources.model(source, one) for one in many_sources.ENCODERS)
        for source in many_sources.SOURCES
    ],
}


def names(groups: Iterable[Iterable[object]]) -> set[str]:
    return {str(getattr(recipe, "name", "")) for recipes in groups for recipe in recipes}


@pytest.mark.parametrize("experiment", READ)
def test_cells_are_of_recipes_and_all_recipes_are_in_cells(experiment: str) -> None:
    read = {model for cell in READ[experiment] for model in cell}
    assert read <= names([*read_groups(GROUPS).values(), *read_groups(EXPERIMENTS).values()])
    assert read >= names([read_group(EXPERIMENTS / f"{experiment}.toml")])
