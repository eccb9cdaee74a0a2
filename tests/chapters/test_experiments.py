"""Figures of the experiments: the marks and bars that the pages speak of."""

import pytest

from clipsafe_utils.chapters.causes import experiments as of_causes
from clipsafe_utils.chapters.factor_robustness.figures import over_sources_frame
from clipsafe_utils.chapters.shape_bias import experiments as of_shape
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import NONE
from clipsafe_utils.findings.experiments.encoder import Encoder
from clipsafe_utils.findings.experiments.language import Language
from clipsafe_utils.findings.experiments.many_sources import ManySources
from clipsafe_utils.findings.experiments.texture import Texture
from clipsafe_utils.say import NOT_MEASURED
from tests.findings.test_experiments import MOSTLY, PARTLY, STRAIGHT, encoder, language, many, texture


def test_language_has_a_bar_of_what_is_too_little_at_the_mark_that_is_judged() -> None:
    frame = of_causes.language_frame(language((-0.10, -0.11, -0.12)))
    assert len(frame) == 16
    (judged,) = frame[frame["band_low"].notna()].to_dict("records")
    assert (judged["row"], judged["label"]) == ("right captions, pairs masked", "over sources")
    assert (judged["value"], judged["band_low"], judged["band_high"]) == pytest.approx((-11.0, -5.0, 0.0))


def test_texture_has_a_bar_of_what_the_others_may_move() -> None:
    frame = of_causes.texture_frame(texture(MOSTLY, PARTLY))
    others = frame[frame["row"] == "all other knobs"].set_index("look")
    assert others["value"].to_dict() == pytest.approx({"loss/clip": 10.0, "loss/cross_entropy": 20.0})
    assert others["band_high"].to_dict() == pytest.approx({"loss/clip": 15.0, "loss/cross_entropy": 10.0})
    assert frame.loc[frame["row"] != "all other knobs", "band_low"].isna().all()


def test_an_encoder_has_a_mark_a_source_and_property() -> None:
    frame = of_shape.encoder_frame(encoder(0.4, 0.6))
    assert frame["row"].tolist() == ["shape bias"] * 2
    assert frame["value"].tolist() == pytest.approx([-10.0, 10.0])


def test_a_drawn_source_stands_beside_what_the_others_tell_of_it() -> None:
    frame = of_shape.many_sources_frame(many(STRAIGHT))
    mean = frame[frame["panel"] == frame["panel"].iloc[0]]
    measured, told = (mean[mean["look"] == look] for look in ("group/clip_zero_shot", "ink"))
    assert measured["value"].tolist() == pytest.approx([100 * bias for bias in STRAIGHT.values()])
    assert told["value"].tolist() == pytest.approx(measured["value"].tolist())
    assert measured["x"].tolist() == pytest.approx([10 * source for source in STRAIGHT])


def test_a_factor_has_its_mean_and_every_source() -> None:
    frame = over_sources_frame(many(STRAIGHT, residual=-0.05))
    assert frame["row"].nunique() == len(HEADLINE_FACTORS)
    assert frame["mark"].value_counts().to_dict() == {"single": 100, "mean": 10}
    assert frame["value"].tolist() == pytest.approx([-5.0] * 110, abs=0.1)


def test_tables_say_how_many_were_trained_and_what_is_missing() -> None:
    assert "3 of 3" in of_causes.language_table(language((-0.10, -0.11, -0.12))).markup
    assert "12 of 12" in of_causes.texture_table(texture(MOSTLY, PARTLY)).markup
    assert "wit: 3 of 3 and 3 of 3" in of_shape.encoder_table(encoder(0.4, 0.6)).markup
    assert "0.00" in of_shape.many_sources_table(many(STRAIGHT)).markup


def test_without_the_study_everything_is_missing_and_nothing_breaks() -> None:
    shown = (
        of_causes.language_table(Language(NONE)),
        of_causes.texture_table(Texture(NONE)),
        of_shape.encoder_table(Encoder(NONE)),
        of_shape.many_sources_table(ManySources(NONE)),
    )
    assert all(NOT_MEASURED in one.markup for one in shown)
    for frame in (
        of_causes.language_frame(Language(NONE)),
        of_causes.texture_frame(Texture(NONE)),
        of_shape.encoder_frame(Encoder(NONE)),
        of_shape.many_sources_frame(ManySources(NONE)),
        over_sources_frame(ManySources(NONE)),
    ):
        assert frame.empty
