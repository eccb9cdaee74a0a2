"""CLIPs of eight training sources under three sets of prompts: made-up rows, and checks on the files."""

import json
from pathlib import Path

import pandas as pd
import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import frequency, open_clip_results
from clipsafe_utils.record.conditions import FACTS, Evaluations
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.shifts import as_dataset
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.registry.training_sources import LINEAGES

_WEB_SCALE = ("LAION-400M", "LAION-2B", "DataComp-1B")


def written(folder: Path, name: str = "backboneRN50_pretrainedcc3m") -> Path:
    """Write accuracies of a made-up CLIP: fewer hits with fewer templates."""
    for data_set in frequency.DATA_SETS.values():
        images = 30_000 if data_set == "imagenet-r" else 50_889 if data_set == "imagenet-sketch" else 50_000
        for ending, hits in (("ensemble", 10_000), ("simple", 5_000), ("class", 2_500)):
            path = folder / f"{data_set}_{ending}_results.json"
            path.write_text(json.dumps({name: {"full": 100 * hits / images, "classwise": {}}}))
    return folder


def read(folder: Path) -> Evaluations:
    return frequency.read_evaluations(lambda path: folder / path.rsplit("/", 1)[-1])


def test_by_hand(tmp_path: Path) -> None:
    cube = as_dataset(read(written(tmp_path)))
    assert cube["model"].values.tolist() == [
        "RN50.cc3m@224/80 templates",
        "RN50.cc3m@224/one template",
        "RN50.cc3m@224/bare name",
    ]
    assert cube["prompt_set"].values.tolist() == ["80 templates", "one template", "bare name"]
    assert cube["hits"].sel(condition="sketch").values.tolist() == [10_000, 5_000, 2_500]
    assert cube["images"].sel(condition="r").values.tolist() == [30_000] * 3
    assert cube["hits"].sel(condition="a").isnull().all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "expected `full`, a number, of each model"),
        ('{"backboneA_pretrainedB": {"classwise": {}}}', "expected `full`"),
        ('{"backboneA_pretrainedB": 3}', "expected `full`"),
        ("[]", "expected `full`"),
        ('{"A_B": {"full": 1}}', "the name 'A_B' is not backbone"),
    ],
)
def test_a_bad_file_is_named(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(ClipsafeError, match=rf"results\.json: .*{words}"):
        frequency.read_full(path)


def test_what_other_sources_say_of_prompts() -> None:
    evaluations = Evaluations({}, pd.DataFrame(index=["a"], columns=list(FACTS)))
    assert as_dataset(evaluations)["prompt_set"].values.tolist() == ["not stated"]


@pytest.fixture(scope="module")
def evaluations(mirror: Path) -> Evaluations:
    return frequency.read_evaluations(mirror.joinpath)


@pytest.fixture(scope="module")
def networks(evaluations: Evaluations) -> pd.DataFrame:
    rows = [describe("frequency", name) for name in evaluations.facts.index]
    return pd.DataFrame([vars(row) for row in rows], evaluations.facts.index)


class TestMirror:
    """The checks of the description of the sources, on the files themselves."""

    def test_every_count_is_exact(self, evaluations: Evaluations) -> None:
        assert {counts.off_by for counts in evaluations.counts.values()} == {0}
        assert len(evaluations.facts) == 3 * 21

    def test_who_they_are(self, networks: pd.DataFrame) -> None:
        first = networks.drop_duplicates("checkpoint")
        assert len(first) == 21
        assert first["group"].value_counts().to_dict() == {"clip_zero_shot": 19, "other": 2}
        assert first["training_source"].value_counts().to_dict() == {
            "LAION-2B": 6,
            "LAION-400M": 3,
            "DataComp-1B": 3,
            "YFCC-15M": 3,
            "CC-3M": 2,
            "CC-12M": 2,
            "SynthCI-30M": 1,
            "LAION-200M (normalised)": 1,
        }
        assert set(first["training_source"]) <= set(LINEAGES)
        wrong = first["reference"].str.contains("wrong activation")
        assert (wrong == (first["group"] == "other")).all()  # They count nowhere.
        assert sorted(first["checkpoint"][wrong]) == [
            "frequency:RN101.yfcc15m",
            "frequency:ViT-B-32.laion400m",
        ]
        names = short_names(networks["model"].tolist(), networks["checkpoint"].tolist())
        assert len(set(names)) == 63

    def test_accuracies_are_those_of_open_clip(
        self, evaluations: Evaluations, networks: pd.DataFrame, mirror: Path
    ) -> None:
        theirs = open_clip_results.read_evaluations(mirror.joinpath)
        of_web = networks[networks["training_source"].isin(_WEB_SCALE)]
        rows = of_web[of_web.index.str.endswith("/80 templates")]
        assert len(rows) == 12
        for condition, lowest, highest in (("id", -0.1, 0.1), ("sketch", -0.1, 0.1), ("r", -0.95, -0.05)):
            here, there = evaluations.counts[condition], theirs.counts[condition]
            plain = rows["checkpoint"].replace({"frequency:ViT-B-32.laion400m": "ViT-B-32.laion400m_e32"})
            apart = 100 * (here.hits[rows.index].to_numpy() - there.hits[plain].to_numpy()) / here.images
            assert lowest <= apart.min(), condition
            assert apart.max() <= highest, condition
