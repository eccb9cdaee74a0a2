"""What each world measures of a prediction, against the cubes read by other code."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.claims.ledger import Entry, ledger
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.worlds.measures import Measured, measure_of, measured
from clipsafe_utils.claims.worlds.predictions import predictions
from clipsafe_utils.cubes import find_study
from tests.claims.made import networks

LEVEL = 0.95
PROXY, REAL = "miniature", "published"


@cache
def reader(study: str) -> Reader:
    return Reader(find_study(study))


@cache
def asked(name: str, study: str) -> Measured:
    one = next(one for one in predictions() if one.id == name)
    return measure_of(one.measure, one.claim)(reader(study), LEVEL)


@cache
def entries() -> dict[tuple[str, str], Entry]:
    return {(one.claim.id, one.study): one for one in ledger([find_study(REAL), find_study(PROXY)])}


@cache
def cube(study: str, name: str) -> tuple[xr.Dataset, pd.DataFrame]:
    """Read a cube, and its models as a table with the first row of each checkpoint marked."""
    read = find_study(study).read(name)
    models = find_study(study).read("models").sel(model=read["model"].values)
    names = ["checkpoint", "group", "training_source", "architecture", "family", "training_images"]
    return read, pd.DataFrame({key: models[key].values for key in names}, index=read["model"].values)


def biases(study: str) -> pd.DataFrame:
    """Count shape bias of the networks that the panel counts, from raw decisions."""
    read, models = cube(study, "shape_bias")
    counted = reader(study).needed("shape_bias").models["model"].values
    hits = read["count"].sum("cue_class").to_dataset("decision").to_dataframe()[["shape", "texture"]]
    return models.assign(bias=hits["shape"] / hits.sum(axis=1)).loc[counted].dropna(subset="bias")


def family_mean(rows: pd.DataFrame) -> float:
    return float(rows.groupby("family")["bias"].mean().mean())


def is_kind(rows: pd.DataFrame, *kinds: str) -> pd.Series:
    return rows["architecture"].str.lower().str.startswith(kinds)


class TestIntervals:
    def test_few_units_give_the_band_of_all_networks(self) -> None:
        found = measured(networks([0.02, 0.05], "ab", error=0.01), LEVEL)
        half = stats.norm.isf(0.05 / 2 / 2) * 0.01
        assert found.estimate == pytest.approx(0.035)
        assert found.interval == pytest.approx((0.02 - half, 0.05 + half))
        assert found.counted == "each of 2 networks"

    def test_many_units_give_the_interval_of_their_mean(self) -> None:
        values = [0.02, 0.05, 0.03, 0.06]
        found = measured(networks(values, "abcd", error=0.01), LEVEL)
        ends = stats.t.interval(LEVEL, 3, np.mean(values), stats.sem(values))
        assert found.interval == pytest.approx(ends)
        assert found.counted == "mean of 4 training lineages"

    def test_unknown_chance_is_unbounded(self) -> None:
        assert np.isinf(measured(networks([0.02, 0.05], "ab", error=0.0), LEVEL).interval).all()

    @pytest.mark.parametrize("study", [PROXY, REAL])
    @pytest.mark.parametrize("claim", ["F1", "F2", "F3", "F6", "F10", "F11", "F13", "F20a", "S1", "S2"])
    def test_the_ledger_has_the_same_mean(self, claim: str, study: str) -> None:
        (name,) = (one.id for one in predictions() if one.claim == claim and not one.measure)
        effect = entries()[claim, study].effect
        assert effect is not None
        assert asked(name, study).estimate == effect.estimate


class TestShapeBias:
    @pytest.mark.parametrize("study", [PROXY, REAL])
    @pytest.mark.parametrize(
        ("name", "kind"), [("zero-shot-transformers", "vit"), ("zero-shot-resnets", "resnet")]
    )
    def test_clips_by_encoder(self, name: str, kind: str, study: str) -> None:
        rows = biases(study)
        clips = rows[(rows["group"] == "clip_zero_shot") & is_kind(rows, kind)]
        off = clips["bias"] - family_mean(rows[rows["group"] == "standard"])
        found = asked(name, study)
        assert found.counted == f"each of {len(clips)} networks"
        assert found.interval.low < off.min()
        assert found.interval.high > off.max()
        lineage = clips["training_source"].replace(
            {"LAION-400M": "LAION", "LAION-2B": "LAION", "Merged-2B": "LAION"}
        )
        assert found.estimate == pytest.approx(off.groupby(lineage).mean().mean())

    def test_real_transformers_beside_resnets(self) -> None:
        rows = biases(REAL)
        wit = rows[(rows["group"] == "clip_zero_shot") & (rows["training_source"] == "WIT")]
        off = wit[is_kind(wit, "vit")]["bias"] - wit[is_kind(wit, "resnet")]["bias"].mean()
        found = asked("transformers-beside-resnets", REAL)
        assert found.estimate == pytest.approx(off.mean())
        assert found.interval.low < off.min() < off.max() < found.interval.high

    def test_drawn_transformers_beside_resnets_of_the_same_images(self) -> None:
        rows = biases(PROXY).set_index("checkpoint")["bias"]
        off = [
            rows[f"clip-vit_s-{source}-64k-s0"]
            - np.mean([rows[f"clip-resnet_{size}-{source}-64k-s0"] for size in ("xs", "s")])
            for source in ("wit", "laion")
        ]
        assert asked("transformers-beside-resnets", PROXY).estimate == pytest.approx(np.mean(off))

    def test_web_images_of_real_convolutions(self) -> None:
        rows = biases(REAL)
        rows = rows[is_kind(rows, "resnet", "cnn", "regnet", "efficientnet", "convnext")]
        web = rows[(rows["group"] == "more_data") & rows["training_source"].isin(["IG-3.6B", "JFT-300M"])]
        off = web["bias"] - family_mean(rows[rows["group"] == "standard"])
        found = asked("web-and-convolutions", REAL)
        assert found.estimate == pytest.approx(off.groupby(web["training_source"]).mean().mean())
        assert found.counted == f"each of {len(web)} networks"

    def test_one_standard_transformer_bounds_nothing(self) -> None:
        rows = biases(REAL)
        rows = rows[is_kind(rows, "vit")]
        assert (rows["group"] == "standard").sum() == 1
        assert np.isinf(asked("web-and-transformers", REAL).interval).all()

    def test_web_images_of_the_laboratory_are_trainings(self) -> None:
        causes = find_study(PROXY).read("causes")
        value = causes["value"].isel(draw=0).sel(property="shape_bias").to_series()
        means = {
            source: value[[f"miniature:labels-resnet_xs-{source}-64k-s{seed}" for seed in range(3)]].mean()
            for source in ("labels", "wit", "laion")
        }
        step = np.mean([means[source] - means["labels"] for source in ("wit", "laion")])
        for name in ("web-and-convolutions", "web-and-transformers"):
            assert asked(name, PROXY).estimate == pytest.approx(step, abs=1e-6)


class TestCalibration:
    def test_real_confidence_less_accuracy(self) -> None:
        read, models = cube(REAL, "calibration")
        before = read[["mean_confidence", "accuracy"]].sel(scaling="before", condition="id", draw=0)
        gap = (before["mean_confidence"] - before["accuracy"]).to_series().dropna()
        gap = gap[models.loc[gap.index, "group"] == "clip_zero_shot"]
        found = asked("confidence", REAL)
        assert found.estimate == pytest.approx(gap.mean())
        assert found.counted == f"each of {len(gap)} networks"
        assert found.interval.low < gap.min() < gap.max() < found.interval.high

    def test_drawn_confidence_less_accuracy(self) -> None:
        read, models = cube(PROXY, "calibration")
        before = read.sel(scaling="before", condition="natural")
        sums = before[["bin_confidence", "bin_hits", "bin_count"]]
        mean = (sums["bin_confidence"] * sums["bin_count"]).sum("bin") / sums["bin_count"].sum("bin")
        right = sums["bin_hits"].sum("bin") / sums["bin_count"].sum("bin")
        clips = models["group"] == "clip_zero_shot"
        gap = (mean - right).to_series()[clips]
        expected = gap.groupby(models["training_source"][clips]).mean().mean()
        assert asked("confidence", PROXY).estimate == pytest.approx(expected, abs=1e-4)

    @pytest.mark.parametrize("study", [PROXY, REAL])
    def test_temperatures(self, study: str) -> None:
        read, models = cube(study, "calibration")
        rows = models.assign(log=np.log(read["temperature"].isel(draw=0).to_series()))
        rows = rows[rows["group"] == "clip_zero_shot"].dropna(subset="log").drop_duplicates("checkpoint")
        lineage = rows["training_source"].replace({"LAION-400M": "LAION", "LAION-2B": "LAION"})
        found = asked("temperature", study)
        assert found.estimate == pytest.approx(rows["log"].groupby(lineage).mean().mean(), abs=1e-6)
        assert found.interval.low < rows["log"].min() < rows["log"].max() < found.interval.high

    def test_every_real_error_before_scaling_counts(self) -> None:
        read, models = cube(REAL, "calibration")
        error = read["ece"].sel(scaling="before", condition="id", draw=0).to_series()
        rows = models.assign(error=error).dropna(subset="error").drop_duplicates("checkpoint")
        clips = rows[rows["group"] == "clip_zero_shot"]["error"]
        off = clips - rows[rows["group"] == "standard"]["error"].median()
        found = asked("error-before-scaling", REAL)
        assert found.estimate == pytest.approx(off.mean(), abs=2e-3)
        assert found.interval.high > off.max()


class TestOthers:
    def test_one_template_in_the_laboratory(self) -> None:
        read, models = cube(PROXY, "prompts")
        accuracy = read["accuracy"].isel(draw=0).mean("subset").to_pandas()
        change = (accuracy["one"] - accuracy["eighty"])[models["group"] == "clip_zero_shot"]
        expected = change.groupby(models["training_source"]).mean().mean()
        found = asked("one-template", PROXY)
        assert found.estimate == pytest.approx(expected, abs=1e-6)
        assert found.interval.low < change.min() < change.max() < found.interval.high

    def test_one_template_of_real_clips(self) -> None:
        read, models = cube(REAL, "shifts")
        shares = read["hits"] / read["images"]
        rows = models.assign(
            prompts=read["prompt_set"].to_series(),
            share=shares.sel(condition="id").to_series(),
            known=shares.sel(condition=["id", "r", "sketch"]).notnull().all("condition").to_series(),
            by=[name.partition(":")[0] for name in models.index],
        )
        sets = rows[rows["known"] & (rows["group"] == "clip_zero_shot")].pivot_table(
            "share", ["by", "checkpoint", "family"], "prompts", "last"
        )
        sets = sets.dropna(subset=["one template", "80 templates", "bare name"])
        change = sets["one template"] - sets["80 templates"]
        expected = change.groupby("family").mean().mean()
        assert asked("one-template", REAL).estimate == pytest.approx(expected)

    def test_real_accuracy_of_curated_sources(self) -> None:
        read, models = cube(REAL, "shifts")
        share = (read["hits"] / read["images"]).sel(condition="id").to_series()
        share = share.groupby(models["checkpoint"]).first()
        found = asked("curated-and-accuracy", REAL)
        pairs = {
            "ViT-B-32": ("datacomp_xl_s13b_b90k", "laion400m_e32"),
            "ViT-B-16": ("datacomp_xl_s13b_b90k", "laion400m_e32"),
            "ViT-L-14": ("datacomp_xl_s13b_b90k", "laion400m_e32"),
        }
        assert found.counted == f"each of {len(pairs)} pairs of networks"
        off = [share[f"{name}.{new}"] - share[f"{name}.{old}"] for name, (new, old) in pairs.items()]
        assert found.interval.low < min(off) < max(off) < found.interval.high

    def test_both_kinds_of_more_classes_count_in_the_laboratory(self) -> None:
        evidence = entries()["F15", PROXY].evidence
        assert evidence is not None
        kinds = [evidence.alternatives[f"{kind} classes first"] for kind in ("near", "far")]
        by_unit: dict[str, list[float]] = {}
        for case in (case for kind in kinds for case in kind.cases):
            by_unit.setdefault(case.unit, []).append(case.value)
        expected = np.mean([np.mean(values) for values in by_unit.values()])
        assert asked("more-classes-first", PROXY).estimate == pytest.approx(expected)
