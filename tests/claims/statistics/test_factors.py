"""Statistics of factors find what was planted, and their chance is what standard networks show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.choices import Choices, one_at_a_time
from clipsafe_utils.claims.evidence import BINOMIAL, Evidence
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import factors as statistics
from clipsafe_utils.claims.statistics.cases import COUPLE, LINEAGE
from clipsafe_utils.claims.statistics.register import Statistic
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL, find_study
from clipsafe_utils.findings.factors.residuals import with_label_rule
from clipsafe_utils.metrics.labelled import effective_robustness
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

ALL = (
    statistics.share_of_factors_above,
    statistics.residual_on_pose,
    statistics.residual_on_partial_view,
    statistics.source_on_factors,
    statistics.curated_on_factors,
)
CHOICES = ("axes", "fit", "selection", "reference", "spread")
IMAGES = 1_000_000
FIRST = dict(zip(HEADLINE_FACTORS, range(10), strict=True))
LAION = {"training_source": "LAION-400M"}
LEAST_SQUARES = Choices(fit="least_squares")
TURN = 0.01
"""By how much a family of standard networks is off the line."""

ABOVE = (8, 7, 6, 9)
"""On how many factors of ten four families stand above it; on these, four others stand below."""

Row = dict[str, object]


def turns(number: int) -> np.ndarray:
    """Residuals that are above on so many factors, and below on the others."""
    return np.where(np.arange(10) < number, TURN, -TURN)


def standard() -> list[Row]:
    """Eight families of networks at the same accuracies, on a line in the mean over families.

    Accuracy on a factor is 0.1 + 0.8 * the overall one. Near 0.5 a family has its turn; far off, another.
    """
    rows: list[Row] = []
    for number, (above, below) in enumerate(zip("abcd", "efgh", strict=True)):
        for family, sign in ((above, 1), (below, -1)):
            for place, at in enumerate((0.35, 0.45, 0.55, 0.65)):
                near = abs(at - 0.5) < 0.1
                residuals = sign * turns(ABOVE[number] if near else 5)
                rows.append(
                    {"checkpoint": f"{family}-{place}", "family": family, "group": "standard", "at": at}
                    | {"residuals": residuals}
                )
    return rows


def clip(checkpoint: str, residuals: float | Sequence[float] | np.ndarray, **more: object) -> Row:
    return {"checkpoint": checkpoint, "residuals": np.broadcast_to(residuals, 10), "at": 0.5} | more


def study(
    rows: list[Row], kept: Sequence[str] = HEADLINE_FACTORS, rules: Mapping[str, float] | None = None
) -> Given:
    """Make a study in which networks are off the line by what is planted.

    By the selection `multi` twice as far. With `rules`, zero-shot CLIPs alone are above it by so much more.
    """
    at = np.array([row["at"] for row in rows], float)
    planted = np.array([row["residuals"] for row in rows])
    is_clip = np.array(["group" not in row for row in rows])
    models = described([{name: row[name] for name in row if name not in ("at", "residuals")} for row in rows])
    tables = []
    for more in (rules or {"": 0.0}).values():
        part = planted + more * is_clip[:, None]
        each = [
            0.1 + 0.8 * at[:, None] + far * part[:, [FIRST[name] for name in kept]]
            for far in (1 + is_clip[:, None] * 0, 1 + is_clip[:, None])
        ]
        tables.append([np.concatenate([np.rint(IMAGES * one), 20 * IMAGES * at[:, None]], 1) for one in each])
    hits = np.rint(np.array(tables)).astype(int)
    images = np.broadcast_to([IMAGES] * len(kept) + [20 * IMAGES], hits.shape).copy()
    dims = ("label_rule", "selection", "model", "factor")
    cube = xr.Dataset(
        {"hits": (dims, hits), "images": (dims, images)},
        {
            "label_rule": list(rules or ["class"]),
            "selection": ["top", "multi"],
            "model": models["model"].values,
            "factor": [*kept, OVERALL],
        },
    )
    if rules is None:
        cube = cube.isel(label_rule=0, drop=True)
    return Given(models, factors=labelled(cube, "factors"))


def above(number: int) -> np.ndarray:
    return np.where(np.arange(10) < number, 0.05, -0.05)


def twins(*runs: float) -> list[Row]:
    """CLIPs of WIT are better on colour by 10 points, those of LAION-400M on nothing; each has a run."""
    better = 0.1 * (np.array(HEADLINE_FACTORS) == "color")
    rows = standard()
    for place, run in enumerate(runs):
        rows.append(clip(f"{place}.laion", -run, **LAION))
        rows.append(clip(f"{place}.openai", better + run))
    return rows


def binomial(*shares: float) -> float:
    return float(np.sqrt(sum(share * (1 - share) / IMAGES for share in shares)))


@pytest.fixture(scope="module")
def readers() -> dict[str, Reader]:
    return {name: Reader(find_study(name)) for name in ("published", "miniature")}


class TestFactorsAbove:
    CLIPS = (
        clip("B.openai", above(8)),
        clip("L.openai", above(6), family="other"),
        clip("B.laion", above(6), **LAION),
        clip("B.mine", above(4), training_source="my own pairs"),
    )

    def test_they_are_counted_less_five(self) -> None:
        evidence = statistics.share_of_factors_above(study([*standard(), *self.CLIPS]), Choices())
        assert effects(evidence) == {"B.openai": 3, "L.openai": 1, "B.laion": 1, "B.mine": -1}
        lineages = {"B.openai": "WIT", "L.openai": "WIT", "B.laion": "LAION", "B.mine": "my own pairs"}
        assert (units(evidence), evidence.unit) == (lineages, LINEAGE)
        assert evidence.families == 4
        # A count of factors is not what the cube measures: no floor.
        assert (evidence.floor, evidence.readings) == (0, 0)

    def test_chance_is_what_left_out_families_near_the_clip_count(self) -> None:
        evidence = statistics.share_of_factors_above(study([*standard(), *self.CLIPS]), Choices())
        # Without a family the line moves by a seventh of its turn, away from it: no count changes.
        expected = np.sqrt(np.mean([(number - 5) ** 2 for number in ABOVE]))
        assert [case.error for case in evidence.cases] == pytest.approx([expected] * 4)
        assert [case.freedom for case in evidence.cases] == [7] * 4

    def test_pooled_it_is_what_they_count_anywhere(self) -> None:
        reader = study([*standard(), *self.CLIPS])
        evidence = statistics.share_of_factors_above(reader, Choices(spread="pooled"))
        # Half of the networks of each family count five.
        expected = np.sqrt(np.mean([(number - 5) ** 2 for number in ABOVE]) / 2)
        assert [case.error for case in evidence.cases] == pytest.approx([expected] * 4)

    def test_a_clip_beyond_the_line_is_left_out(self) -> None:
        far = clip("H.datacomp", above(10), at=0.8, training_source="DataComp-1B")
        evidence = statistics.share_of_factors_above(study([*standard(), *self.CLIPS, far]), Choices())
        assert list(effects(evidence)) == ["B.openai", "L.openai", "B.laion", "B.mine"]


class TestResiduals:
    def test_each_is_of_its_own_factor(self) -> None:
        residuals = np.arange(10) / 100 - 0.05
        reader = study([*standard(), clip("B.openai", residuals)])
        for statistic, factor in (
            (statistics.residual_on_pose, "pose"),
            (statistics.residual_on_partial_view, "partial_view"),
        ):
            evidence = statistic(reader, LEAST_SQUARES)
            assert effects(evidence) == {"B.openai": pytest.approx(residuals[FIRST[factor]], abs=1e-6)}

    def test_chance_is_that_of_a_new_family_and_is_passed_on(self) -> None:
        reader = study([*standard(), clip("B.openai", 0.05), clip("B.laion", -0.03, **LAION)])
        evidence = statistics.residual_on_pose(reader, LEAST_SQUARES)
        # The line without a family is a seventh of its turn further off.
        assert [case.error for case in evidence.cases] == pytest.approx([TURN * 8 / 7] * 2, abs=1e-6)
        assert [case.freedom for case in evidence.cases] == [7, 7]
        assert evidence.images_error == BINOMIAL
        assert units(evidence) == {"B.openai": "WIT", "B.laion": "LAION"}

    def test_a_network_that_was_read_twice_counts_once_and_makes_the_floor(self) -> None:
        again = clip("B.openai", 0.01, name="again:B.openai")
        reader = study([*standard(), clip("B.openai", 0.05), again])
        evidence = statistics.residual_on_pose(reader, LEAST_SQUARES)
        assert effects(evidence) == {"B.openai": pytest.approx(0.05, abs=1e-6)}
        # Both differ by 4 points on ten factors by one selection, and by 8 by the other; overall by none.
        assert evidence.floor == pytest.approx(np.median([0.04] * 10 + [0.08] * 10 + [0.0] * 2), abs=1e-6)
        assert evidence.readings == 1
        of_reading = evidence.floor / (0.6744897501960817 * np.sqrt(2))
        assert evidence.errors() == pytest.approx([np.hypot(TURN * 8 / 7, of_reading)], abs=1e-6)

    @pytest.mark.parametrize(("name", "value", "choices"), list(one_at_a_time(CHOICES)))
    def test_a_choice_bears_on_it(
        self, readers: dict[str, Reader], name: str, value: str, choices: Choices
    ) -> None:
        panel = with_label_rule(readers["published"].needed("factors"), "class", "top")
        assert panel is not None
        judged = effective_robustness(panel.cube, panel.models, factor_names=["pose"], **{name: value})
        clips = (panel.models["group"] == "clip_zero_shot").values
        evidence = statistics.residual_on_pose(readers["published"], choices)
        headline = statistics.residual_on_pose(readers["published"], Choices())
        for column, ours, before in (
            ("residual", evidence.values, headline.values),
            ("scale", [case.error for case in evidence.cases], [case.error for case in headline.cases]),
        ):
            assert ours == pytest.approx(judged[column].values[clips, 0])
            if column == "scale" or name != "spread":
                assert ours != pytest.approx(before, abs=1e-5)


class TestLabelRule:
    RULES: Mapping[str, float] = {"class": 0.0, "real": 0.02, "metaclass": 0.04}

    @pytest.mark.parametrize("rule", RULES)
    def test_what_counts_as_right_is_chosen_where_a_study_has_it(self, rule: str) -> None:
        reader = study([*standard(), clip("B.openai", 0.01)], rules=self.RULES)
        evidence = statistics.residual_on_pose(reader, replace(LEAST_SQUARES, label_rule=rule))
        assert evidence.values == pytest.approx([0.01 + self.RULES[rule]], abs=1e-6)

    @pytest.mark.parametrize("rule", RULES)
    def test_the_record_answers_by_every_rule(self, readers: dict[str, Reader], rule: str) -> None:
        for statistic in ALL[:3]:
            assert statistic(readers["published"], Choices(label_rule=rule)).networks == 3

    @pytest.mark.parametrize("rules", [None, {"class": 0.0, "metaclass": 0.1}])
    @pytest.mark.parametrize("statistic", ALL)
    def test_without_it_there_are_no_answers(
        self, statistic: Statistic, rules: Mapping[str, float] | None
    ) -> None:
        reader = study([*standard(), clip("B.openai", 0.01)], rules=rules)
        said = reason(statistic, reader, Choices(label_rule="real"))
        assert said == "no answers counted by the label rule real"

    def test_a_cube_without_the_rule_of_the_headline_has_none(self) -> None:
        reader = study([*standard(), clip("B.openai", 0.01)], rules={"real": 0.0})
        assert reason(ALL[0], reader) == "no answers counted by the label rule class"


class TestSources:
    RUNS = (0.00, 0.01, -0.01, 0.02, -0.02)

    def test_every_factor_is_an_alternative_and_the_clearest_is_shown(self) -> None:
        evidence = statistics.source_on_factors(study(twins(*self.RUNS)), LEAST_SQUARES)
        assert evidence.which == "color, WIT less LAION-400M"
        assert list(evidence.alternatives) == [
            f"{name.replace('_', ' ')}, WIT less LAION-400M" for name in HEADLINE_FACTORS
        ]
        expected = {f"{place}.openai": 0.1 + 2 * run for place, run in enumerate(self.RUNS)}
        assert effects(evidence) == pytest.approx(expected, abs=1e-5)
        of_pose = evidence.alternatives["pose, WIT less LAION-400M"]
        assert of_pose.values == pytest.approx(2 * np.array(self.RUNS), abs=1e-5)

    def test_a_pair_counts_for_its_couple_and_is_two_readings(self) -> None:
        evidence = statistics.source_on_factors(study(twins(*self.RUNS)), Choices())
        assert (evidence.units, evidence.unit) == (["WIT less LAION"], COUPLE)
        assert (evidence.networks, evidence.families, evidence.readings) == (5, 5, 2)
        for one in evidence.alternatives.values():
            assert (one.unit, one.readings, one.images_error) == (COUPLE, 2, BINOMIAL)

    def test_chance_is_in_the_images_of_both(self) -> None:
        evidence = statistics.source_on_factors(study(twins(0.01)), Choices())
        # Accuracy on colour is 0.5 less and more the run, and the gain.
        assert [case.error for case in evidence.cases] == pytest.approx([binomial(0.49, 0.61)], rel=1e-4)

    def test_twins_beyond_the_line_are_left_out(self) -> None:
        far = [row | {"at": 0.8} if row["checkpoint"] == "0.openai" else row for row in twins(*self.RUNS)]
        assert statistics.source_on_factors(study(far), Choices()).networks == 4
        none = [row | {"at": 0.8} if "group" not in row else row for row in twins(*self.RUNS)]
        assert reason(statistics.source_on_factors, study(none)) == (
            "no two CLIPs where the line is supported that differ in the training source alone"
        )

    def test_without_twins_it_says_so(self) -> None:
        reader = study([*standard(), clip("B.openai", 0.1)])
        for statistic, what in (
            (statistics.source_on_factors, "training source"),
            (statistics.curated_on_factors, "curation of the source"),
        ):
            assert reason(statistic, reader) == f"no two CLIPs that differ in the {what} alone"


class TestCuration:
    def evidence(self) -> Evidence:
        rows = standard()
        for place, run in enumerate((0.00, 0.02)):
            more = {"parameters": 1e8 * (1 + place)}
            rows.append(clip(f"{place}.laion2b", run, training_source="LAION-2B", **more))
            rows.append(clip(f"{place}.datacomp", above(8), training_source="DataComp-1B", **more))
        return statistics.curated_on_factors(study(rows), LEAST_SQUARES)

    def test_it_is_judged_in_the_mean_over_factors(self) -> None:
        evidence = self.evidence()
        assert effects(evidence) == pytest.approx({"0.datacomp": 0.03, "1.datacomp": 0.01}, abs=1e-5)
        assert (evidence.units, evidence.unit, evidence.readings) == (["CommonPool"], LINEAGE, 2)
        assert not evidence.alternatives

    def test_chance_of_a_mean_over_factors_is_a_tenth_of_their_root_sum_of_squares(self) -> None:
        first, second = self.evidence().cases
        curated = [0.55] * 8 + [0.45] * 2
        assert first.error == pytest.approx(binomial(*curated, *[0.5] * 10) / 10, rel=1e-4)
        assert second.error == pytest.approx(binomial(*curated, *[0.52] * 10) / 10, rel=1e-4)


@pytest.mark.parametrize("statistic", ALL)
class TestNotMeasured:
    def test_without_the_cube(self, statistic: Statistic) -> None:
        assert reason(statistic, Given(described([{"checkpoint": "B"}]))) == "no cube factors"

    def test_five_families_draw_no_line(self, statistic: Statistic) -> None:
        few = [row for row in standard() if str(row["family"]) < "f"]
        assert reason(statistic, study([*few, clip("B.openai", 0.1)])) == (
            f"The study `given` has 5 families in the group “{GROUPS['standard']}”, and a line needs 6"
        )

    def test_without_the_selection(self, statistic: Statistic) -> None:
        reader = study([*standard(), clip("B.openai", 0.1)])
        said = reason(statistic, reader, Choices(selection="alone_typical"))
        assert said == "The study `given` has no selection `alone_typical`"


def test_without_a_clip_on_the_line_nothing_is_measured() -> None:
    reader = study([*standard(), clip("B.openai", 0.1, at=0.8)])
    for statistic in ALL[:3]:
        assert reason(statistic, reader) == "no zero-shot CLIP where the line is supported"


def test_factors_that_a_study_lacks() -> None:
    reader = study(twins(0.01, -0.01), [name for name in HEADLINE_FACTORS if name not in ("pose", "texture")])
    lacking = "The study `given` has no images for: "
    assert reason(statistics.share_of_factors_above, reader) == f"{lacking}pose, texture"
    assert reason(statistics.residual_on_pose, reader) == f"{lacking}pose"
    assert statistics.residual_on_partial_view(reader, Choices()).networks == 4
    assert len(statistics.source_on_factors(reader, Choices()).alternatives) == 8


def test_probit_axes_have_no_place_for_an_edge() -> None:
    edge = standard()
    edge[0] = edge[0] | {"residuals": np.full(10, -0.1 - 0.8 * 0.35)}
    reader = study([*edge, clip("B.openai", 0.1)])
    assert reason(statistics.residual_on_pose, reader, Choices(axes="probit")) == (
        "The study `given` has accuracies of 0 or 1, for which probit axes have no value"
    )
    assert statistics.residual_on_pose(reader, Choices()).values > 0
