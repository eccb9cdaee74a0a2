"""What other rules of what is right make of residuals: by hand, against other code, and on the record."""

from dataclasses import fields

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.findings.factors import label_rules
from clipsafe_utils.findings.factors.label_rules import READINGS, Labels, labels_of, readings_of
from clipsafe_utils.findings.factors.residuals import with_label_rule
from clipsafe_utils.findings.factors.result import factor_robustness
from clipsafe_utils.metrics.labelled import effective_robustness
from clipsafe_utils.parameters import CheckedParameters, check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing, Value, count, percent

STUDY = "published"
STANDARD = [0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70]
"""Accuracies of standard networks, a family each, about the same on dogs and on devices."""

ON_DOGS, ON_DEVICES = 0.4, 0.8
"""Of a CLIP, whose accuracy on all images is 0.6."""

IMAGES = {"dog": (80_000, 100_000), "device": (20_000, 100_000)}
"""With pose, and all."""

RULES = ["class", "real", "metaclass"]


def asked(**values: object) -> CheckedParameters:
    return check_parameters("factor-robustness", {"studies": [STUDY], "factors": ["pose"], **values})


def drawn(
    offsets: tuple[float, float, float] = (0, 0, 0), by_rule: tuple[float, float, float] = (1, 1, 1)
) -> Panel:
    """Draw networks that are as good on pose as on all images of each group.

    The CLIP's accuracy on pose is off by an offset for each rule; by a rule, a share of all errors is left.
    """
    apart = [0.001, -0.002, 0.003, -0.001, 0.002, -0.003, 0.001]
    groups = [(a + d, a - d) for a, d in zip(STANDARD, apart, strict=True)]
    accuracy = np.array([*groups, (ON_DOGS, ON_DEVICES)])
    images = np.array(list(IMAGES.values()), float)
    # Standard networks stray from their line, to and fro.
    stray = np.array([0.0010, -0.0007, 0.0004, -0.0012, 0.0006, -0.0003, 0.0009, 0])
    wobble = np.append([0.002, -0.001, -0.002, 0.001, 0.003, -0.002, -0.001], 0)
    hits, inside = [], []
    for offset, left in zip(offsets, by_rule, strict=True):
        of_rule = 1 - left * (1 - accuracy + (wobble[:, None] if left < 1 else 0))
        pose = of_rule + stray[:, None]
        pose[-1] += offset
        inside.append(np.stack([pose.T, of_rule.T], axis=-1) * images[:, None, :])
        inside[-1] = inside[-1].round()
        hits.append(inside[-1].sum(axis=0))
    names = [*"abcdefg", "clip"]
    cube = xr.Dataset(
        {
            "hits": (("label_rule", "selection", "model", "factor"), np.array(hits)[:, None]),
            "images": (("selection", "model", "factor"), np.tile(images.sum(axis=0), (1, 8, 1))),
            "hits_inside": (("label_rule", "metaclass", "model", "factor"), np.array(inside)),
            "images_inside": (("metaclass", "factor"), images),
        },
        {
            "label_rule": RULES,
            "selection": ["top"],
            "model": names,
            "factor": ["pose", OVERALL],
            "metaclass": list(IMAGES),
        },
        {"evidence": "measured"},
    )
    text = {
        "group": ["standard"] * 7 + ["clip_zero_shot"],
        "family": names,
        "checkpoint": names,
        "training_source": ["IN-1k"] * 7 + ["WIT"],
    }
    models = xr.Dataset({name: ("model", value) for name, value in text.items()}, {"model": names})
    return Panel(STUDY, cube, models)


def of_clip(judged: label_rules.Judged | None) -> xr.Dataset:
    assert judged is not None
    return judged[0].sel(model="clip")


def by_class(panel: Panel) -> Panel:
    cut = with_label_rule(panel, "class", "top")
    assert cut is not None
    return cut


@pytest.fixture(scope="module")
def record() -> Panel:
    return read_panels([STUDY], "factors", list(GROUPS))[0]


@pytest.fixture(scope="module")
def labels() -> Labels:
    return factor_robustness(check_parameters("factor-robustness", {"studies": [STUDY]})).labels


def test_what_comes_of_the_classes_alone_is_gone_inside_of_groups() -> None:
    """Four fifths of the images with pose are dogs: 0.8 · 0.4 + 0.2 · 0.8 = 0.48, and 0.6 on all images."""
    readings = readings_of(drawn(), asked())
    plain, inside = (of_clip(readings[name]).sel(factor="pose") for name in ("class", "inside"))
    assert plain["accuracy"].item() == pytest.approx(0.48)
    assert plain["residual"].item() == pytest.approx(-0.12, abs=4e-3)
    assert inside["reference_accuracy"].item() == pytest.approx(0.48)
    assert inside["residual"].item() == pytest.approx(0, abs=4e-3)
    shifted = readings_of(drawn(offsets=(-0.05, 0, 0)), asked())
    assert of_clip(shifted["inside"])["residual"].item() == pytest.approx(-0.05, abs=4e-3)


def test_the_reference_may_leave_the_factor_out() -> None:
    """The hits on all images do not follow the offset in `drawn`, so those without pose are more."""
    panel = by_class(drawn(offsets=(-0.05, 0, 0)))
    whole = label_rules.inside_groups(panel, asked())
    without = label_rules.inside_groups(panel, asked(reference_accuracy="without_factor"))
    assert of_clip(whole)["reference_accuracy"].item() == pytest.approx(0.48)
    dogs, devices = (0.4 * 100 - 0.35 * 80) / 20, (0.8 * 100 - 0.75 * 20) / 80
    expected = 0.8 * dogs + 0.2 * devices
    assert of_clip(without)["reference_accuracy"].item() == pytest.approx(expected)


def test_a_group_whose_images_all_have_the_factor_has_no_reference_without_it() -> None:
    panel = by_class(drawn())
    cube = panel.cube.copy(deep=True)
    for name in ("images_inside", "hits_inside"):
        cube[name].loc[{"metaclass": "dog", "factor": "pose"}] = (
            cube[name].sel(metaclass="dog", factor=OVERALL).values
        )
    judged = label_rules.inside_groups(
        Panel(STUDY, cube, panel.models), asked(reference_accuracy="without_factor")
    )
    assert of_clip(judged)["accuracy"].item() == pytest.approx(ON_DEVICES)


def test_with_one_group_nothing_changes() -> None:
    panel = by_class(drawn(offsets=(-0.02, 0, 0)))
    merged = panel.cube.drop_dims("metaclass").assign(
        {
            name: panel.cube[name].sum("metaclass").expand_dims(metaclass=["all"])
            for name in ("hits_inside", "images_inside")
        }
    )
    one = label_rules.inside_groups(Panel(STUDY, merged, panel.models), asked())
    plain = effective_robustness(panel.cube, panel.models, factor_names=["pose"])
    assert one is not None
    for name in ("residual", "half_width", "scale", "measured"):
        np.testing.assert_allclose(one[0][name], plain[name])


def test_inside_of_groups_agrees_with_other_code(record: Panel) -> None:
    panel = by_class(record)
    judged = label_rules.inside_groups(panel, asked())
    assert judged is not None
    result, models = judged
    hits = panel.cube["hits_inside"].sel(model=result["model"]).transpose("model", "metaclass", "factor")
    at = panel.cube["factor"].values.tolist()
    pose, whole = at.index("pose"), at.index(OVERALL)
    images = panel.cube["images_inside"].values
    share = images[:, pose] / images[:, pose].sum()
    x = (hits.values[..., whole] / images[:, whole]) @ share
    y = hits.values[..., pose].sum(axis=1) / images[:, pose].sum()
    standard = (models["group"] == "standard").values
    clips = (models["group"] == "clip_zero_shot").values
    fit = sm.RLM(y[standard], sm.add_constant(x[standard]), M=sm.robust.norms.HuberT(1.345)).fit()
    expected = y[clips] - fit.predict(sm.add_constant(x[clips], has_constant="add"))
    np.testing.assert_allclose(result["residual"].sel(factor="pose").values[clips], expected, atol=1e-6)


def test_groups_hold_the_images_of_the_whole(record: Panel) -> None:
    """So accuracy on a factor is the same in both readings of a network that has counts by group."""
    readings = readings_of(record, asked(factors=list(HEADLINE_FACTORS)))
    (plain, _), (inside, _) = readings["class"], readings["inside"]
    names = inside["model"].values
    assert len(names) == 342
    np.testing.assert_allclose(
        inside["accuracy"], plain["accuracy"].sel(model=names, factor=inside["factor"]), atol=1e-12
    )


def test_every_group_is_judged_at_equal_accuracy_and_inside_on_pose() -> None:
    """On dogs 0.4, where a standard network as accurate has 0.6; inside, as good on pose as on dogs."""
    panel = by_class(drawn())
    whole = of_clip(label_rules.by_group(panel, asked()))
    assert whole["residual"].sel(factor="dog").item() == pytest.approx(-0.2, abs=4e-3)
    assert whole["residual"].sel(factor="device").item() == pytest.approx(0.2, abs=4e-3)
    inside = of_clip(label_rules.by_group(panel, asked(), "pose"))
    np.testing.assert_allclose(inside["residual"], 0, atol=4e-3)
    part = {name: panel.cube[name] / 500 for name in ("images_inside", "hits_inside")}
    kept = label_rules.by_group(Panel(STUDY, panel.cube.assign(part), panel.models), asked(), "pose")
    assert of_clip(kept)["factor"].values.tolist() == ["dog"]


def test_errors_that_stay_inside_of_the_right_group() -> None:
    """By group a quarter of the errors is left, so three quarters stay inside, of each network alike."""
    judged = of_clip(label_rules.errors_inside(drawn(by_rule=(1, 1, 0.25)), asked()))
    np.testing.assert_allclose(judged["accuracy"].sel(factor=OVERALL), 0.75)
    np.testing.assert_allclose(judged["residual"].sel(factor=OVERALL), 0, atol=2e-3)
    assert label_rules.errors_inside(drawn(), asked()) is None


@pytest.mark.parametrize(
    ("offsets", "goes"),
    [
        ((0.12, 0.12, 0.12), "none is there"),
        ((-0.1, 0.12, 0.12), "real"),
        ((-0.1, -0.1, 0.12), "metaclass"),
        ((-0.1, -0.1, -0.1), "never"),
        ((-0.1, 0.12, -0.1), "real"),
    ],
)
def test_with_which_rule_a_deficit_goes(offsets: tuple[float, float, float], goes: str) -> None:
    """An offset of 0.12 makes good for the dogs."""
    panel = drawn(offsets)
    labels = labels_of(panel, readings_of(panel, asked()), asked())
    assert labels.pose_goes == goes
    assert labels.by_class.verdicts.below == ("no factor" if goes == "none is there" else "pose")
    assert isinstance(labels.subcategory_goes, Missing)


def test_a_deficit_in_proportion_to_the_errors() -> None:
    """By class 0.52 errors on pose and −0.12; by group a quarter of the errors, so −0.03."""
    panel = drawn(by_rule=(1, 1, 0.25))
    labels = labels_of(panel, readings_of(panel, asked()), asked())
    assert isinstance(labels.pose_in_proportion, Value)
    assert labels.pose_in_proportion.estimate == pytest.approx(-0.03, abs=1e-3)
    assert labels.would_show is True


def test_accuracy_by_rule_is_that_on_all_images_whatever_the_reference() -> None:
    panel = drawn(by_rule=(1, 1, 0.25))
    chosen = asked(reference_accuracy="without_factor")
    labels = labels_of(panel, readings_of(panel, chosen), chosen)
    assert (labels.by_class.accuracy, labels.metaclass.accuracy) == (percent(0.6), percent(0.9))


def test_few_images_are_counted(record: Panel, labels: Labels) -> None:
    cells = record.cube["images_inside"].sel(factor=list(HEADLINE_FACTORS)).values
    assert labels.groups.few == count(int((cells < 10).sum()), cells.size) == "39 of 170"


def test_the_record(labels: Labels) -> None:
    stands = {
        name: (read.verdicts.above, read.verdicts.below)
        for name in ("by_class", "real", "metaclass", "inside", "real_inside", "local")
        for read in [getattr(labels, name)]
    }
    assert stands == {
        "by_class": ("subcategory", "pose"),
        "real": ("no factor", "pose"),
        "metaclass": ("background", "pattern"),
        "inside": ("background", "no factor"),
        "real_inside": ("no factor", "no factor"),
        "local": ("smaller and subcategory", "pose"),
    }
    pose = [str(getattr(labels, name).pose) for name in stands]
    assert pose == ["−2.8", "−2.3", "−0.1", "−1.7", "−1.2", "−2.4"]
    assert (labels.pose_goes, labels.subcategory_goes, labels.inside_below) == ("metaclass", "real", False)
    assert str(labels.pose_in_proportion) == "−0.9"
    assert labels.errors.pose_beyond == "+12.4 to +14.2"
    assert labels.groups.below == "dog, primate and snake"
    assert (labels.groups.pose_negative, labels.groups.judged, labels.groups.pose_below) == ("15", "17", "0")


def test_a_study_that_counts_by_one_rule_has_no_readings(record: Panel) -> None:
    one = Panel(STUDY, by_class(record).cube, by_class(record).models)
    readings = readings_of(one, asked())
    assert set(readings) == {"class", "inside", "local", "pooled"}
    assert labels_of(one, readings, asked()).real.pose == NOT_MEASURED
    drawn_world = factor_robustness(check_parameters("factor-robustness", {"studies": ["miniature"]}))
    assert drawn_world.readings == drawn_world.groups_of_classes == {}
    assert drawn_world.labels.pose_goes == NOT_MEASURED


def test_there_are_no_groups_of_classes_where_more_than_one_factor_counts(record: Panel) -> None:
    chosen = asked(selection="multi")
    readings = readings_of(record, chosen)
    assert set(readings) == set(READINGS) - {"inside", "real_inside"}
    labels = labels_of(record, readings, chosen)
    assert labels.inside.pose == labels.groups.few == labels.inside_below == NOT_MEASURED


def test_a_local_line_is_no_reading_of_its_own_where_the_page_has_it() -> None:
    assert "local" not in readings_of(drawn(), asked(fit="local"))


def test_too_few_families_with_counts_by_group_leave_the_inside_out() -> None:
    panel = drawn()
    cube = panel.cube.copy(deep=True)
    cube["hits_inside"].loc[{"model": ["a", "b"]}] = np.nan
    assert {"inside", "real_inside"}.isdisjoint(readings_of(Panel(STUDY, cube, panel.models), asked()))


def test_probit_axes_have_no_place_for_accuracies_at_an_edge() -> None:
    panel = drawn()
    assert "inside" in readings_of(panel, asked(axes="probit"))
    cube = panel.cube.copy(deep=True)
    where = {"model": "a", "factor": "pose"}
    cube["hits_inside"].loc[where] = 0
    assert "inside" not in readings_of(Panel(STUDY, cube, panel.models), asked(axes="probit"))


def test_without_a_clip_nothing_is_said() -> None:
    panel = drawn()
    names = list("abcdefg")
    alone = Panel(STUDY, panel.cube.sel(model=names), panel.models.sel(model=names))
    labels = labels_of(alone, readings_of(alone, asked()), asked())
    for name in (one.name for one in fields(Labels)):
        said = getattr(labels, name)
        assert getattr(said, "pose", said) == NOT_MEASURED or name == "groups"
    assert labels.groups.below == NOT_MEASURED
