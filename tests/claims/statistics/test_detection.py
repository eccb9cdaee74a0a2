"""Detection: on a laboratory whose every number is known, and in the real ones as chapter 4 reports it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect
from scipy.special import ndtr
from scipy.stats import spearmanr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import detection, detection_scores
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.model_pairs import STRENGTH, procedure_contrasts, source_twins
from clipsafe_utils.findings.shift import laboratory as chapter
from tests.chapters.synthetic_laboratory import KIN, OOD, models, write_laboratory
from tests.claims.statistics.given import Given

ROWS = models().set_index("name")
EVERYWHERE = Choices()
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


@pytest.fixture(scope="module")
def miniature() -> Reader:
    return Reader(find_study("miniature"))


@pytest.fixture(scope="module")
def laboratory() -> chapter.Laboratory:
    found = chapter.read_laboratory(["miniature"])
    assert found is not None
    return found


def copied(reader: Reader, leave_out: tuple[str, ...] = ()) -> Given:
    cubes = {name: reader.cube(name) for name in ("ood", "shifts") if name not in leave_out}
    return Given(
        reader.models, **{name: cube.copy(deep=True) for name, cube in cubes.items() if cube is not None}
    )


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


def mean_area(name: str, versions: tuple[str, ...] = ("labels", "wit")) -> float:
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
        found = effect(detection.source_on_detection(made, Choices(filtered_by=filtered_by)))
        expected = [mean_area(wit, versions) - mean_area(laion, versions) for laion, wit in twins()]
        assert found.value == pytest.approx(np.mean(expected))
        assert found.error_of_units == pytest.approx(np.std(expected, ddof=1) / np.sqrt(len(expected)))

    @pytest.mark.parametrize("ask", QUESTIONS)
    def test_what_is_missing_is_a_sentence(self, made: Reader, ask: Callable[..., Effect | str]) -> None:
        assert ask(made, Choices(score="loudness")) == "no detection by the score loudness"
        one_version = copied(made)
        one_version.cubes["ood"] = one_version.cubes["ood"].drop_sel(ood_set="fooling_wit")
        for reference in ("labels", "wit"):
            found = ask(one_version, Choices(filtered_by=reference))
            assert found == "no set that was chosen by both references"
        assert isinstance(ask(one_version, EVERYWHERE), Effect)
        assert ask(Given(made.models), EVERYWHERE) == "no cube ood"


class TestWithinSources:
    def test_in_order_of_ability_all_agree(self, made: Reader) -> None:
        found = effect(detection.accuracy_and_detection(made, EVERYWHERE))
        # Full agreement of nine models: half a swap of neighbours away from 1.
        assert found.value == pytest.approx(1 - 6 / (9 * 80))
        assert (found.units, found.unit, found.is_correlation) == (9, "training run", True)

    def test_the_source_in_doubt_is_the_one_in_disorder(self, made: Reader) -> None:
        given = copied(made)
        ours = [f"miniature:{wit}" for _, wit in twins()]
        area = given.cubes["ood"]["auroc"]
        area.loc[{"model": ours}] = area.sel(model=ours[::-1]).values
        found = effect(detection.accuracy_and_detection(given, EVERYWHERE))
        abilities = np.round([ROWS.loc[wit, "ability"] for _, wit in twins()], 9)
        assert found.value == pytest.approx(spearmanr(abilities, abilities[::-1]).statistic)
        assert found.which == "wit"

    def test_quantities_can_be_held(self, made: Reader) -> None:
        found = effect(detection.accuracy_and_detection(made, Choices(quantity="fixed")))
        assert found.value > 0.9
        assert found.error_of_units > 0
        unstated = copied(made)
        unstated.models = made.models.assign(samples_seen=np.nan * made.models["samples_seen"])
        assert isinstance(detection.accuracy_and_detection(unstated, EVERYWHERE), Effect)
        found_nothing = detection.accuracy_and_detection(unstated, Choices(quantity="fixed"))
        assert found_nothing == "no training source with 5 CLIPs whose detection and accuracy are known"

    def test_without_accuracy_nothing_is_correlated(self, made: Reader) -> None:
        alone = copied(made, leave_out=("shifts",))
        assert detection.accuracy_and_detection(alone, EVERYWHERE) == "no accuracy in distribution"
        shifted = copied(made)
        shifted.cubes["shifts"] = shifted.cubes["shifts"].drop_sel(condition="natural")
        assert detection.accuracy_and_detection(shifted, EVERYWHERE) == "no accuracy in distribution"

    def test_the_laboratory_has_what_chapter_3_reports(self, miniature: Reader) -> None:
        found = effect(detection.accuracy_and_detection(miniature, EVERYWHERE))
        assert (found.which, found.units) == ("laion", 10)
        assert found.value == pytest.approx(0.951, abs=0.001)
        held = effect(detection.accuracy_and_detection(miniature, Choices(quantity="fixed")))
        assert held.value != found.value


class TestContrasts:
    def test_source_at_equal_accuracy_is_that_of_chapter_3(self, made: Reader, folder: Path) -> None:
        other = chapter.read_laboratory([str(folder)])
        assert other is not None
        expected = chapter.changes(other, source_twins(other.models)[0], 0.95)["auroc_at_equal"]
        found = effect(detection.source_on_detection(made, AT_EQUAL))
        assert found.value == pytest.approx(expected[0].estimate, abs=1e-3)
        assert found.units == expected[1].size
        assert found.which == "wit less laion"

    @pytest.mark.parametrize(("choices", "measure"), [(EVERYWHERE, "auroc"), (AT_EQUAL, "auroc_at_equal")])
    def test_source_in_the_laboratory(
        self, miniature: Reader, laboratory: chapter.Laboratory, choices: Choices, measure: str
    ) -> None:
        expected, each = chapter.changes(laboratory, source_twins(laboratory.models)[0], 0.95)[measure]
        found = effect(detection.source_on_detection(miniature, choices))
        assert found.units == each.size
        assert (found.value, *found.interval()) == pytest.approx(
            (expected.estimate, expected.low, expected.high), abs=1e-4
        )
        reported = {"auroc": 0.079, "auroc_at_equal": -0.065}[measure]
        assert found.value == pytest.approx(reported, abs=0.001)

    def test_procedures_in_the_laboratory(self, miniature: Reader, laboratory: chapter.Laboratory) -> None:
        found = effect(detection.procedure_on_detection(miniature, EVERYWHERE))
        pairs = procedure_contrasts(laboratory.models)[STRENGTH]
        expected = chapter.changes(laboratory, pairs, 0.95)["auroc"][0]
        assert found.which == "strong instead of gentle"
        assert found.value == pytest.approx(expected.estimate, abs=1e-6)
        assert replace(found, choices=1).interval() == pytest.approx((expected.low, expected.high), abs=1e-6)

    def test_the_procedure_that_was_made_to_matter_is_found(self, made: Reader) -> None:
        found = effect(detection.procedure_on_detection(made, EVERYWHERE))
        starts = [start for pair in twins() for start in pair if start.endswith("64k-s0")]
        gains = [mean_area(f"tuned-{start}") - mean_area(f"gently_tuned-{start}") for start in starts]
        assert (found.which, found.choices, found.units) == ("strong instead of gentle", 3, 6)
        assert found.value == pytest.approx(np.mean(gains))

    def test_a_score_that_fine_tuned_clips_lack_leaves_no_pair(self, made: Reader) -> None:
        given = copied(made)
        area = given.cubes["ood"]["auroc"]
        zero_shot = given.models.sel(model=area["model"])["group"] == "clip_zero_shot"
        given.cubes["ood"]["auroc"] = area.where(zero_shot)
        given.cubes["ood"]["auroc"].attrs["not_measured"] = "fine-tuned ones have no prompts"
        found = detection.procedure_on_detection(given, EVERYWHERE)
        assert found == "no pair of which both models were measured"

    def test_only_what_can_be_compared_is(self, made: Reader) -> None:
        alone = copied(made)
        alone.groups = ("clip_zero_shot",)
        assert detection.procedure_on_detection(alone, EVERYWHERE) == "no CLIP fine-tuned by two procedures"
        assert isinstance(detection.source_on_detection(alone, EVERYWHERE), Effect)
        of_curated = detection.curated_on_detection(alone, EVERYWHERE)
        assert of_curated == "no two CLIPs that differ in the curation of the source alone"
        # Nobody draws the line then.
        assert detection.source_on_detection(alone, AT_EQUAL) == "no pair of which both models were measured"
        alone.models = made.models.assign(training_source=("model", ["WIT"] * made.models.sizes["model"]))
        alone._panels = {}
        found = detection.source_on_detection(alone, EVERYWHERE)
        assert found == "no two CLIPs that differ in the training source alone"

    def test_at_equal_accuracy_needs_accuracy(self, made: Reader) -> None:
        alone = copied(made, leave_out=("shifts",))
        assert detection.source_on_detection(alone, AT_EQUAL) == "no accuracy in distribution"
        assert isinstance(detection.source_on_detection(alone, EVERYWHERE), Effect)


class TestCurated:
    WEB, CURATED = "clip-resnet_xs-wit-64k-s0", "clip-resnet_xs-labels-64k-s0"

    def test_detection_and_accuracy_differ_by_what_was_put_in(self, made: Reader) -> None:
        found = effect(detection.curated_on_detection(made, EVERYWHERE))
        assert found.value == pytest.approx(mean_area(self.CURATED) - mean_area(self.WEB))
        assert found.units == 1
        web, curated = (ndtr(ROWS.loc[name, "ability"]) for name in (self.WEB, self.CURATED))
        found = effect(detection.curated_on_accuracy(made, EVERYWHERE))
        assert found.value == pytest.approx(curated - web, abs=1e-3)
        assert found.error_of_images == 0

    def test_accuracy_has_draws_where_a_study_has_them(self, miniature: Reader) -> None:
        accuracy, kept = detection_scores.accuracy_in_distribution(miniature)
        assert accuracy.sizes["draw"] == 201
        assert accuracy.sizes["model"] == kept.sizes["model"]
        assert effect(detection.curated_on_accuracy(miniature, EVERYWHERE)).error_of_images > 0

    def test_the_record_by_hand(self) -> None:
        reader = Reader(find_study("published"))
        found = effect(detection.curated_on_accuracy(reader, EVERYWHERE))
        assert (found.units, found.unit) == (2, "family")
        assert found.value == pytest.approx(0.061, abs=0.001)

    def test_without_pairs_or_accuracy_it_says_so(self, made: Reader) -> None:
        given = copied(made)
        given.groups = ("standard",)
        found = detection.curated_on_accuracy(given, EVERYWHERE)
        assert found == "no two CLIPs that differ in the curation of the source alone"
        assert detection.curated_on_accuracy(Given(made.models), EVERYWHERE) == "no accuracy in distribution"


def test_a_cloud_has_who_is_known_both_ways(made: Reader) -> None:
    given = copied(made)
    lost = given.cubes["shifts"]["model"].values[:3]
    given.cubes["shifts"] = given.cubes["shifts"].drop_sel(model=lost)
    perfect = given.cubes["ood"]["model"].values[5]
    given.cubes["ood"]["auroc"].loc[{"model": perfect}] = 1.0
    cloud = detection_scores.detection_cloud(given, EVERYWHERE)
    assert isinstance(cloud, xr.Dataset)
    assert cloud.sizes["model"] == given.cubes["ood"].sizes["model"] - 4
    assert perfect not in cloud["model"].values
