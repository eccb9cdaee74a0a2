"""Checking: all 210 resolve in the installed libraries, and what does not is named."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from clipsafe_utils.registry.catalogue import catalogue
from tests.engine.models.small_clips import small_entry

pytest.importorskip("torch")
pytest.importorskip("open_clip")

from clipsafe_engine.models.check import resolve, resolve_all
from clipsafe_engine.models.loading import transform_of


@pytest.mark.slow
def test_all_models_resolve() -> None:
    done: list[str] = []
    found = resolve_all(catalogue().values(), done.append)
    assert [each.name for each in found if each.fault] == []
    assert done == list(catalogue())
    assert Counter(each.source for each in found) == {
        "open_clip tag": 28,
        "hub file": 23,
        "timm weights": 159,
    }
    for each in found:
        assert each.input_size == transform_of(catalogue()[each.name]).crop.size


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"input_size": 256}, "takes 224 pixels, the catalogue says 256"),
        ({"parameters": 151_290_000}, "has 151,277,313 parameters, the catalogue says 151,290,000"),
        ({"model": "ViT-B-32"}, "the weights need QuickGELU, so the model 'ViT-B-32-quickgelu'"),
        ({"library": "timm"}, "has no architecture 'ViT-B-32-quickgelu'"),
    ],
)
def test_faults(change: dict[str, object], fault: str) -> None:
    found = resolve(replace(catalogue()["ViT-B-32.openai"], **change))  # type: ignore[arg-type]
    assert found.fault is not None
    assert found.fault.endswith(fault)


def test_a_user_may_leave_the_parameters_out(small_clips: Path) -> None:
    assert small_clips.is_dir()
    found = resolve(small_entry("resnet-quickgelu"))
    assert (found.source, found.input_size, found.fault) == ("hub file", 64, None)
    assert resolve(small_entry("vit", "file:mine.pt", "")).source == "own file"


def test_an_architecture_that_breaks_is_a_fault_of_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("no meta for you")

    monkeypatch.setattr("timm.create_model", broken)
    found = resolve(catalogue()["vgg16_bn.tv_in1k"])
    assert found.fault == "cannot be built (AssertionError: no meta for you)"
