"""What a study that stands in for real models cannot be asked: on the miniature, and on made-up readers."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr

from clipsafe_utils.claims import proxy, registry
from clipsafe_utils.claims.proxy import CHECKS, logit_scale_short, sources_drawn_apart, templates_say_the_same
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.cubes import find_study
from clipsafe_utils.lab.world.world import load_world


@pytest.fixture(scope="module")
def miniature() -> Reader:
    return Reader(find_study("miniature"))


def _of(sources: list[str], group: str = "clip_zero_shot", scales: list[float] | None = None) -> Any:
    """A reader of CLIPs of some sources, and of their logit scales."""
    models = xr.Dataset(
        {"group": ("model", [group] * len(sources)), "training_source": ("model", sources)},
        {"model": [f"network {place}" for place, _ in enumerate(sources)]},
    )
    embeddings = None if scales is None else xr.Dataset({"logit_scale": ("model", scales)})
    return SimpleNamespace(models=models, cube={"embeddings": embeddings}.get)


def test_the_checks_are_those_that_claims_may_name() -> None:
    assert tuple(CHECKS) == registry.CHECKS
    named = {check for claim in registry.claims() for check in (claim.built_in, claim.not_testable) if check}
    assert named == set(CHECKS)


def test_the_sources_of_the_miniature_were_drawn_apart(miniature: Reader) -> None:
    reason = sources_drawn_apart(miniature)
    assert reason == "the sources laion and wit were drawn to differ, in 16 of 21 knobs of images"
    # Counted otherwise: by the text of both knobs, class names aside.
    knobs = [vars(load_world().image_knobs[name]) for name in ("laion", "wit")]
    names = set(knobs[0]) - {"classes"}
    assert (len(names), sum(knobs[0][name] != knobs[1][name] for name in names)) == (21, 16)


@pytest.mark.parametrize(
    "reader",
    [
        _of(["wit", "wit"]),
        _of(["wit", "WIT", "LAION-2B"]),
        _of(["wit", "laion"], group="clip_fine_tuned"),
    ],
)
def test_where_one_source_was_drawn_nothing_is_built_in(reader: Any) -> None:
    assert sources_drawn_apart(reader) == ""


def test_sources_that_were_drawn_alike_are_not_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    knobs = load_world().image_knobs
    other_classes = replace(knobs["wit"], classes=("others",))
    alike = SimpleNamespace(image_knobs={"wit": knobs["wit"], "laion": other_classes})
    monkeypatch.setattr(proxy, "_world", lambda: alike)
    assert sources_drawn_apart(_of(["wit", "laion"])) == ""


def test_the_logit_scale_of_the_miniature_is_short(miniature: Reader) -> None:
    scales = find_study("miniature").read("embeddings")["logit_scale"].values
    assert logit_scale_short(miniature) == (
        f"the logit scale of its CLIPs is {round(min(scales))} to {round(max(scales))}, "
        "that of trained CLIPs 100"
    )


@pytest.mark.parametrize(
    ("scales", "short"), [([15.0, 49.9], True), ([15.0, 50.0], False), ([100.0, 100.0], False)]
)
def test_half_of_a_trained_scale_is_enough(scales: list[float], short: bool) -> None:
    assert bool(logit_scale_short(_of(["wit", "wit"], scales=scales))) is short


def test_where_no_embeddings_are_the_scale_is_not_known() -> None:
    assert "no cube embeddings" in logit_scale_short(_of(["wit"]))


def test_the_templates_of_the_miniature_say_the_same(miniature: Reader) -> None:
    reason = templates_say_the_same(miniature)
    counted = re.fullmatch(r"its (\d+) templates are (\d+) words in different order, of one content", reason)
    assert counted is not None
    assert (int(counted[1]), int(counted[2])) == (80, 13)


@pytest.mark.parametrize(
    ("templates", "reason"),
    [
        (("a {}", "the {}", "one {}", "my {}"), ""),
        (("a {} here", "here a {}", "a here {}", "{} a here"), ""),  # Just half a word each.
        (
            ("a {} here", "here a {}", "a here {}", "{} a here", "{} here a"),
            "its 5 templates are 2 words in different order, of one content",
        ),
    ],
)
def test_templates_of_different_words_say_different_things(
    templates: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "read_prompt_sets", lambda _: {"few": ("a {}",), "many": templates})
    assert templates_say_the_same(_of(["wit"])) == reason
