"""Detection and curation: on a laboratory whose every number is known, and on small studies by hand."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr
from scipy.stats import spearmanr

from clipsafe_utils.claims.choices import ALTERNATIVES, Choices
from clipsafe_utils.claims.evidence import BINOMIAL, JOINT, UNKNOWN
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import curation, detection
from clipsafe_utils.claims.statistics.cases import COUPLE, LINEAGE
from clipsafe_utils.claims.statistics.detection_scores import mean_auroc
from clipsafe_utils.claims.statistics.register import Statistic
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.model_pairs import STRENGTH, source_twins
from clipsafe_utils.findings.shift import laboratory as chapter
from clipsafe_utils.metrics.ood_scores import SCORES
from tests.chapters.synthetic_laboratory import KIN, OOD, models, write_laboratory
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

ROWS = models().set_index("name")
AT_EQUAL = Choices(detection="at_equal_accuracy")
QUESTIONS = (
    detection.accuracy_and_detection,
    detection.source_on_detection,
    detection.procedure_on_detection,
    detection.curated_on_detection,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_laboratory(tmp_path_factory.mktemp("studies") / "miniature")


@pytest.fixture(scope="module")
def made(folder: Path) -> Reader:
    return Reader(find_study(str(folder)))


def copied(reader: Reader, leave_out: tuple[str, ...] = ()) -> Given:
    cubes = {name: reader.cube(name) for name in ("ood", "shifts") if name not in leave_out}
    return Given(
        reader.models, **{name: cube.copy(deep=True) for name, cube in cubes.items() if cube is not None}
    )


def anew(given: Given) -> Given:
    """Read a study again whose cubes were changed."""
    return Given(given.models, **given.cubes)


def mean_area(name: str, versions: Iterable[str] = ("labels", "wit")) -> float:
    """Work out AUROC of a model, averaged over kinds of set, from its ability."""
    row = ROWS.loc[name]

    def area(one: str, cost: float) -> float:
        exposed = 0.3 * (one == "unseen_glyphs") * row["exposed"]
        kin = KIN * (one == f"fooling_{row['source']}")
        return float(ndtr(row["ability"] - cost - kin + exposed))

    kinds = [area(one, cost) for one, cost in OOD.items() if not one.startswith("fooling")]
    fooling = [area(f"fooling_{version}", OOD[f"fooling_{version}"]) for version in versions]
    return float(np.mean([*kinds, np.mean(fooling)]))


def twins() -> list[tuple[str, str]]:
    ours = [
        name for name in ROWS.index if name.startswith("clip-") and "-wit-" in name and name.endswith("-s0")
    ]
    return [(name.replace("wit", "laion"), name) for name in ours]


class TestMeanOverSets:
    @pytest.mark.parametrize(
        ("filtered_by", "versions"), [("both", ("labels", "wit")), ("labels", ("labels",)), ("wit", ("wit",))]
    )
    def test_of_a_set_in_two_versions_the_chosen_one_counts_once(
        self, made: Reader, filtered_by: str, versions: tuple[str, ...]
    ) -> None:
        evidence = detection.source_on_detection(made, Choices(filtered_by=filtered_by))
        expected = {wit: mean_area(wit, versions) - mean_area(laion, versions) for laion, wit in twins()}
        assert effects(evidence) == pytest.approx(expected)

    @pytest.mark.parametrize("score", ALTERNATIVES["score"])
    def test_the_score_is_chosen(self, made: Reader, score: str) -> None:
        given = copied(made)
        given.cubes["ood"]["auroc"].loc[{"score": score}] /= 2
        half = detection.source_on_detection(given, Choices(score=score))
        assert half.values == pytest.approx(detection.source_on_detection(made, Choices()).values / 2)

    @pytest.mark.parametrize("ask", QUESTIONS)
    def test_what_is_missing_is_said(self, made: Reader, ask: Statistic) -> None:
        assert reason(ask, made, Choices(score="loudness")) == "no detection by the score loudness"
        one_version = copied(made)
        one_version.cubes["ood"] = one_version.cubes["ood"].drop_sel(ood_set="fooling_wit")
        for reference in ("labels", "wit"):
            said = reason(ask, one_version, Choices(filtered_by=reference))
            assert said == "no set that was chosen by both references"
        assert ask(one_version, Choices()).cases
        assert reason(ask, copied(made, ("ood",))) == "no cube ood"


class TestWithinSources:
    def test_within_each_source_less_across_models(self, made: Reader) -> None:
        evidence = detection.accuracy_and_detection(made, Choices())
        panel = made.needed("ood")
        area = mean_auroc(panel.cube, Choices()).isel(draw=0).to_series()
        names = [name.removeprefix("miniature:") for name in area.index]
        accuracy = np.round(ndtr(ROWS.loc[names, "ability"].to_numpy()), 4)
        compared = (ROWS.loc[names, "group"] != "control").to_numpy()
        across = spearmanr(accuracy[compared], area.to_numpy()[compared]).statistic
        # Within a source all nine are in the order of ability.
        assert effects(evidence) == pytest.approx({"wit": 1 - across, "laion": 1 - across})
        assert (evidence.units, evidence.unit) == (["wit", "laion"], LINEAGE)
        assert [(case.networks, case.freedom) for case in evidence.cases] == [(9, 8)] * 2
        # A rank correlation is not what the floor is in.
        assert (evidence.images_error, evidence.floor, evidence.readings) == (UNKNOWN, 0, 0)

    def test_disorder_within_a_source_lowers_it(self, made: Reader) -> None:
        given = copied(made)
        ours = [f"miniature:{wit}" for _, wit in twins()]
        area = given.cubes["ood"]["auroc"]
        area.loc[{"model": ours}] = area.sel(model=ours[::-1]).values
        before, after = (detection.accuracy_and_detection(one, Choices()) for one in (made, given))
        assert effects(after)["wit"] < effects(before)["wit"] - 1

    def test_accuracy_may_stand_in_another_row_of_the_checkpoint(self, made: Reader) -> None:
        given = copied(made)
        others = given.models.assign_coords(
            model=[f"elsewhere:{name}" for name in given.models["checkpoint"].values]
        )
        shifts = given.cubes["shifts"]
        renamed = [f"elsewhere:{name.removeprefix('miniature:')}" for name in shifts["model"].values]
        apart = Given(
            xr.concat([given.models, others], "model"),
            ood=given.cubes["ood"],
            shifts=shifts.assign_coords(model=renamed),
        )
        for choices in (Choices(), AT_EQUAL):
            for ask in QUESTIONS[:2]:
                assert ask(apart, choices).values == pytest.approx(ask(given, choices).values)

    def test_without_accuracy_nothing_is_correlated(self, made: Reader) -> None:
        alone = copied(made, ("shifts",))
        assert reason(detection.accuracy_and_detection, alone) == "no accuracy in distribution"
        apart = copied(made)
        kept = apart.cubes["shifts"]["model"].values[:1]
        apart.cubes["shifts"] = apart.cubes["shifts"].sel(model=kept)
        apart.cubes["ood"] = apart.cubes["ood"].drop_sel(model=kept)
        assert reason(detection.accuracy_and_detection, apart) == (
            "no network whose detection and accuracy are known"
        )

    def test_five_clips_of_a_source_are_needed(self, made: Reader) -> None:
        given = copied(made)
        dropped = [f"miniature:{name}" for pair in twins()[4:] for name in pair]
        given.cubes["ood"] = given.cubes["ood"].drop_sel(model=dropped)
        assert reason(detection.accuracy_and_detection, given) == (
            "no training source with 5 CLIPs beside networks of other sources"
        )


class TestSources:
    def test_a_pair_counts_for_its_couple_and_is_two_readings(self, made: Reader) -> None:
        evidence = detection.source_on_detection(made, Choices())
        assert (evidence.units, evidence.unit) == (["wit less laion"], COUPLE)
        assert (evidence.which, evidence.readings, evidence.networks) == ("wit less laion", 2, 9)

    def test_chance_is_in_the_draws_that_both_see(self, made: Reader) -> None:
        evidence = detection.source_on_detection(made, Choices())
        # The noise of a draw is the same for all, but for those at the end of the scale.
        assert evidence.images_error == JOINT
        assert evidence.errors() == pytest.approx([0] * 9, abs=1e-3)
        noisy = copied(made)
        noise = np.random.default_rng(1).normal(0, 0.01, noisy.cubes["ood"].sizes["draw"])
        noise[0] = 0
        first = f"miniature:{twins()[0][0]}"
        noisy.cubes["ood"]["auroc"].loc[{"model": first}] += xr.DataArray(noise, dims="draw")
        errors = {case.name: case.error for case in detection.source_on_detection(noisy, Choices()).cases}
        assert errors[twins()[0][1]] == pytest.approx(noise[1:].std(ddof=1), rel=0.05)

    def test_at_equal_accuracy_it_is_that_of_the_chapter(self, made: Reader, folder: Path) -> None:
        other = chapter.read_laboratory([str(folder)])
        assert other is not None
        expected = chapter.changes(other, source_twins(other.models)[0], 0.95)["auroc_at_equal"]
        evidence = detection.source_on_detection(made, AT_EQUAL)
        assert evidence.values.mean() == pytest.approx(float(expected[0].estimate), abs=1e-3)
        assert len(evidence.cases) == expected[1].size

    def test_at_equal_accuracy_needs_accuracy_and_a_line(self, made: Reader) -> None:
        alone = copied(made, ("shifts",))
        assert reason(detection.source_on_detection, alone, AT_EQUAL) == "no accuracy in distribution"
        assert detection.source_on_detection(alone, Choices()).cases
        group = made.models["group"].isin(["standard", "more_data"])
        labels = made.models["model"].values[group.values].tolist()
        lineless = copied(made)
        lineless.cubes["ood"] = lineless.cubes["ood"].sel(
            model=[name for name in lineless.cubes["ood"]["model"].values if name not in labels]
        )
        said = reason(detection.source_on_detection, lineless, AT_EQUAL)
        assert said == "no pair of which both networks were measured"

    def test_without_twins_it_says_so(self, made: Reader) -> None:
        given = copied(made)
        given.models = made.models.assign(training_source=("model", ["WIT"] * made.models.sizes["model"]))
        said = reason(detection.source_on_detection, given)
        assert said == "no two CLIPs that differ in the training source alone"


class TestProcedures:
    def test_the_contrast_that_was_made_to_matter_is_shown(self, made: Reader) -> None:
        evidence = detection.procedure_on_detection(made, Choices())
        starts = [start for pair in twins() for start in pair if start.endswith("64k-s0")]
        gains = {
            f"tuned-{start}": mean_area(f"tuned-{start}") - mean_area(f"gently_tuned-{start}")
            for start in starts
        }
        assert evidence.which == STRENGTH
        assert effects(evidence) == pytest.approx(gains)
        assert set(evidence.alternatives) == {STRENGTH, "near classes first", "far classes first"}

    def test_what_was_made_of_a_clip_counts_for_its_lineage(self, made: Reader) -> None:
        evidence = detection.procedure_on_detection(made, Choices())
        assert sorted(evidence.units) == ["laion", "wit"]
        for one in evidence.alternatives.values():
            assert (one.unit, one.readings, one.images_error) == (LINEAGE, 2, JOINT)

    def test_a_contrast_that_nobody_measured_is_no_alternative(self, made: Reader) -> None:
        given = copied(made)
        area = given.cubes["ood"]["auroc"]
        near = [name for name in area["model"].values if "tuned-wide_near-clip" in name]
        area.loc[{"model": near}] = np.nan
        area.attrs["not_measured"] = "not tried"
        evidence = detection.procedure_on_detection(anew(given), Choices())
        assert set(evidence.alternatives) == {STRENGTH, "far classes first"}

    def test_without_two_procedures_it_says_so(self, made: Reader) -> None:
        given = copied(made)
        area = given.cubes["ood"]["auroc"]
        zero_shot = given.models.sel(model=area["model"])["group"] == "clip_zero_shot"
        given.cubes["ood"]["auroc"] = area.where(zero_shot)
        assert reason(detection.procedure_on_detection, given) == (
            "no CLIP fine-tuned by two procedures whose detection is known"
        )


class TestCurated:
    WEB, CURATED = "clip-resnet_xs-wit-64k-s0", "clip-resnet_xs-labels-64k-s0"

    def test_detection_differs_by_what_was_put_in(self, made: Reader) -> None:
        # The laboratory's curated source stands in its cubes as a control; here it is a CLIP.
        evidence = detection.curated_on_detection(made, Choices())
        expected = mean_area(self.CURATED) - mean_area(self.WEB)
        assert effects(evidence) == {self.CURATED: pytest.approx(expected)}
        assert units(evidence) == {self.CURATED: "labels"}
        assert (evidence.unit, evidence.readings) == (LINEAGE, 2)

    def test_accuracy_differs_by_what_was_put_in(self, made: Reader) -> None:
        evidence = curation.curated_on_accuracy(made, Choices())
        web, curated = (np.round(ndtr(ROWS.loc[name, "ability"]), 4) for name in (self.WEB, self.CURATED))
        assert effects(evidence) == {self.CURATED: pytest.approx(curated - web)}
        binomial = np.sqrt((web * (1 - web) + curated * (1 - curated)) / 1e4)
        assert [case.error for case in evidence.cases] == pytest.approx([binomial])
        assert (evidence.images_error, evidence.readings) == (BINOMIAL, 2)

    def test_accuracy_has_draws_where_a_study_has_them(self) -> None:
        reader = Reader(find_study("miniature"))
        shifts = reader.cube("shifts")
        assert shifts is not None
        (case,) = curation.curated_on_accuracy(reader, Choices()).cases
        ((web, curated),) = [
            (name.replace("-labels-", "-wit-"), name)
            for name in shifts["model"].values.tolist()
            if name.endswith(case.name)
        ]
        natural = shifts.sel(condition="natural")
        share = natural["draw_hits"] / natural["draw_images"]
        change = (share.sel(model=curated) - share.sel(model=web)).values
        assert case.value == pytest.approx(change[0])
        assert case.error == pytest.approx(change[1:].std(ddof=1))
        assert curation.curated_on_accuracy(reader, Choices()).images_error == JOINT

    def test_a_network_that_was_read_twice_counts_once_and_makes_the_floor(self) -> None:
        rows: list[dict[str, Any]] = [
            {"checkpoint": "B.web", "training_source": "LAION-2B"},
            {"checkpoint": "B.datacomp", "training_source": "DataComp-1B"},
            {"checkpoint": "B.metaclip", "training_source": "MetaCLIP-2.5B"},
            {"checkpoint": "B.web", "name": "again:B.web", "training_source": "LAION-2B"},
        ]
        described_rows = described(rows)
        hits = np.array([600.0, 700.0, 650.0, 640.0])[:, None]
        cube = xr.Dataset(
            {"hits": (("model", "condition"), hits), "images": (("model", "condition"), hits * 0 + 1000)},
            {"model": described_rows["model"].values, "condition": ["id"]},
        )
        reader = Given(described_rows, shifts=labelled(cube, "shifts"))
        evidence = curation.curated_on_accuracy(reader, Choices())
        assert effects(evidence) == pytest.approx({"B.datacomp": 0.1, "B.metaclip": 0.05})
        assert units(evidence) == {"B.datacomp": "CommonPool", "B.metaclip": "MetaCLIP"}
        assert evidence.floor == pytest.approx(0.04)

    def test_the_record_has_three_pairs_of_one_lineage(self) -> None:
        evidence = curation.curated_on_accuracy(Reader(find_study("published")), Choices())
        assert units(evidence) == {
            f"ViT-{encoder}.datacomp_xl_s13b_b90k": "CommonPool" for encoder in ("B-16", "B-32", "L-14")
        }

    def test_without_pairs_or_accuracy_it_says_so(self, made: Reader) -> None:
        given = copied(made)
        given.cubes = {
            name: one.drop_sel(model=f"miniature:{self.CURATED}") for name, one in given.cubes.items()
        }
        for ask in (curation.curated_on_accuracy, detection.curated_on_detection):
            assert reason(ask, given) == "no two CLIPs that differ in the curation of the source alone"
        assert reason(curation.curated_on_accuracy, Given(made.models)) == "no accuracy in distribution"


class TestSourcesWithSetsOfTheirOwn:
    """Two sources: what the second measured are other rows of the same networks, on one other set."""

    OTHER = "scenes_known"

    @pytest.fixture
    def apart(self, made: Reader) -> Given:
        cube = made.cube("ood")
        assert cube is not None
        names = cube["model"].values
        ours = [name for name in names if name not in self.tuned(cube)]
        again = made.models.assign_coords(model=[f"again:{name}" for name in made.models["model"].values])
        first = cube.where(cube["ood_set"] != self.OTHER).sel(model=ours)
        second = cube.where(cube["ood_set"] == self.OTHER).assign_coords(
            model=[f"again:{name}" for name in names]
        )
        both = xr.concat([first, second], "model")
        for name, variable in both.data_vars.items():
            variable.attrs = {**cube[name].attrs, "not_measured": "each source has its own sets"}
        shifts = made.cube("shifts")
        assert shifts is not None
        return Given(
            xr.concat([made.models, again], "model"), ood=both.assign_attrs(cube.attrs), shifts=shifts
        )

    @staticmethod
    def tuned(cube: xr.Dataset) -> list[str]:
        return [name for name in cube["model"].values.tolist() if "tuned" in name or "half_way" in name]

    @staticmethod
    def on(made: Reader, *sets: str) -> Given:
        given = copied(made)
        given.cubes["ood"] = given.cubes["ood"].sel(ood_set=list(sets))
        return anew(given)

    def others(self, made: Reader) -> list[str]:
        cube = made.cube("ood")
        assert cube is not None
        return [name for name in cube["ood_set"].values.tolist() if name != self.OTHER]

    def test_a_correlation_is_the_mean_over_groups_of_sets(self, made: Reader, apart: Given) -> None:
        first = self.on(made, *self.others(made))
        first.cubes["ood"] = first.cubes["ood"].drop_sel(model=self.tuned(first.cubes["ood"]))
        alone = [
            effects(detection.accuracy_and_detection(one, Choices()))
            for one in (first, self.on(made, self.OTHER))
        ]
        both = effects(detection.accuracy_and_detection(apart, Choices()))
        assert both == pytest.approx({name: np.mean([one[name] for one in alone]) for name in both})

    @pytest.mark.parametrize("choices", [Choices(), AT_EQUAL])
    def test_a_pair_is_compared_on_the_sets_that_both_saw(
        self, choices: Choices, made: Reader, apart: Given
    ) -> None:
        # The first source tuned nothing, so that the contrast is the second's, on its line and its set.
        expected = detection.procedure_on_detection(self.on(made, self.OTHER), choices)
        evidence = detection.procedure_on_detection(apart, choices)
        assert effects(evidence) == pytest.approx(effects(expected))
        assert [case.error for case in evidence.cases] == pytest.approx(
            [case.error for case in expected.cases]
        )

    def test_of_pairs_that_both_have_those_of_most_networks_count(self, made: Reader, apart: Given) -> None:
        expected = detection.source_on_detection(self.on(made, self.OTHER), Choices())
        assert effects(detection.source_on_detection(apart, Choices())) == pytest.approx(effects(expected))


def test_two_readings_of_a_score_make_the_floor() -> None:
    rows = [
        {"checkpoint": "B.wit"},
        {"checkpoint": "B.laion", "training_source": "LAION-400M"},
        {"checkpoint": "B.wit", "name": "again:B.wit"},
    ]
    described_rows = described(rows)
    area = np.array([0.9, 0.8, 0.87])[None, :, None, None] * np.ones((1, 3, len(SCORES), 2))
    dims = ("draw", "model", "score", "ood_set")
    names = ("auroc", "aupr", "fpr95_id_positive", "fpr95_ood_positive")
    cube = xr.Dataset(
        dict.fromkeys(names, (dims, area)),
        {"draw": [0], "model": described_rows["model"].values}
        | {"score": list(SCORES), "ood_set": ["textures", "places"]},
    )
    evidence = detection.source_on_detection(Given(described_rows, ood=labelled(cube, "ood")), Choices())
    assert effects(evidence) == pytest.approx({"B.wit": 0.1})
    assert evidence.floor == pytest.approx(0.03)
    # Without draws nothing is known of the images, and two readings are all the chance there is.
    assert evidence.images_error == UNKNOWN
    assert evidence.errors() == pytest.approx([0.03 / 0.6744897501960817])
