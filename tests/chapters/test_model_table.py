"""The table of all models: whom it lists, where its values come from, and what is published of it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.model_table import analysis, page
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.schema import DECISIONS
from clipsafe_utils.cubes.studies import list_studies
from clipsafe_utils.registry.groups import GROUPS


@pytest.fixture
def mine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: xr.Dataset, shape_bias_cube: xr.Dataset
) -> pd.DataFrame:
    """Rows of one study, with decisions of two models and no other cube."""
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    write_cube(models.assign_attrs(study="mine"), tmp_path / "mine" / "models.nc")
    write_cube(shape_bias_cube.assign_attrs(study="mine"), tmp_path / "mine" / "shape_bias.nc")
    return analysis.read_rows()


def published(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    markup = page.model_table(rows).markup
    found = re.search(r'<script type="application/json" class="models-data">(.*)</script>', markup)
    assert found is not None
    return {column["key"]: column for column in json.loads(found[1])["columns"]}


def test_a_value_is_there_where_its_study_has_the_cube(mine: pd.DataFrame) -> None:
    assert mine["study"].tolist() == ["mine", "mine"]
    np.testing.assert_allclose(mine["shape_bias"], [10 / 60, 50 / 65])
    assert mine[["accuracy", "auroc", "ece", "temperature", "recall"]].isna().all(axis=None)
    assert mine["cubes"].tolist() == ["shape bias", "shape bias"]


def test_without_any_study_there_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    rows = analysis.read_rows()
    assert rows.empty
    assert all(column["values"] == [] for column in published(rows).values())


def test_models_are_counted_by_row_and_study(mine: pd.DataFrame) -> None:
    models = analysis.Models(pd.concat([mine] * 700))
    assert (models.number, models.studies) == ("1,400", "1")


def test_every_model_of_every_study_has_a_row() -> None:
    rows = analysis.read_rows()
    for study in list_studies():
        listed = rows.loc[rows["study"] == study.name, "model"].tolist()
        assert sorted(listed) == sorted(study.read("models")["model"].values.tolist())


def test_the_largest_study_is_first_and_in_it_the_most_accurate_zero_shot_clips() -> None:
    rows = analysis.read_rows()
    sizes = rows.groupby("study", sort=False).size().tolist()
    assert sizes == sorted(sizes, reverse=True)
    for _, one in rows.groupby("study"):
        is_clip = (one["group"] == "clip_zero_shot").tolist()
        assert is_clip == sorted(is_clip, reverse=True)
        accuracy = one.loc[is_clip, "accuracy"].dropna()
        assert accuracy.is_monotonic_decreasing


def test_values_are_those_of_the_cubes() -> None:
    rows = analysis.read_rows().set_index(["study", "model"])
    for study in list_studies():
        if study.has("shifts"):
            shifts = study.read("shifts").isel(model=0)
            name = "id" if "id" in shifts["condition"].values else "natural"
            one = shifts.sel(condition=name)
            expected = one["hits"].item() / one["images"].item()
            assert rows.loc[(study.name, shifts["model"].item()), "accuracy"] == pytest.approx(expected)
    shares = rows[list(analysis.HEADLINES)].drop(columns="temperature").to_numpy()
    assert np.nanmin(shares) >= 0
    assert np.nanmax(shares) <= 1


def test_who_decides_nothing_has_no_shape_bias() -> None:
    count = xr.DataArray(
        [[[0, 0, 75]], [[3, 1, 71]]],
        dims=("model", "cue_class", "decision"),
        coords={"model": ["a", "b"], "cue_class": ["cat"], "decision": list(DECISIONS)},
    )
    values = analysis._HEADLINE_OF["shape_bias"]["shape_bias"](count.to_dataset(name="count"))
    assert values is not None
    np.testing.assert_allclose(values, [np.nan, 0.75])


def test_a_cube_without_the_set_the_score_or_the_scaling_gives_no_value() -> None:
    lacking = {
        ("accuracy", "shifts"): xr.Dataset(coords={"condition": ["sketch"]}),
        ("auroc", "ood"): xr.Dataset(coords={"score": ["energy"]}),
        ("ece", "calibration"): xr.Dataset(coords={"condition": ["id"], "scaling": ["after"]}),
    }
    for (name, cube), content in lacking.items():
        assert analysis._HEADLINE_OF[name][cube](content) is None


def test_a_row_says_in_which_cubes_it_is() -> None:
    rows = analysis.read_rows().set_index(["study", "model"])
    assert (rows["cubes"] != "").all()
    for study in list_studies():
        for cube in (name for name in study.cubes if name != "models"):
            words = cube.replace("_", " ")
            held = (
                rows["cubes"].loc[study.name].str.split(", ").map(lambda cubes, words=words: words in cubes)
            )
            assert set(held.index[held]) == set(study.read(cube)["model"].values.tolist())


def test_every_source_of_the_record_has_values() -> None:
    rows = analysis.read_rows()
    record = rows[rows["study"] == "published"]
    known = (
        record[list(analysis.HEADLINES)].notna().any(axis=1).groupby(record["model"].str.split(":").str[0])
    )
    others = {"imagenet-x-testbed", "imagenet-x-toolbox", "model-vs-human", "ninco", "setar"}
    assert set(known.any().index[~known.any()]) <= others
    assert known.all()[["hsc", "model-soups", "clip-calibration", "open_clip"]].all()


def test_a_run_of_the_recipes_has_its_accuracy() -> None:
    rows = analysis.read_rows()
    runs = rows.loc[rows["model"] == "model-soups:model_4", "accuracy"]
    assert runs.tolist() == pytest.approx([0.75918])


def test_numbers_are_published_short_and_groups_by_their_names(mine: pd.DataFrame) -> None:
    mine.loc[0, "parameters"] = 25_557_032
    columns = published(mine)
    assert columns["parameters"]["values"] == [25_560_000, 1]
    assert columns["shape_bias"]["values"] == [16.67, 76.92]
    assert columns["accuracy"]["values"] == [None, None]
    assert columns["group"]["words"] == ["clip_zero_shot", "standard"]
    assert columns["group"]["labels"] == [GROUPS["clip_zero_shot"], GROUPS["standard"]]
    assert columns["study"]["values"] == [0, 0]


def test_models_go_by_their_short_names_and_full_ones_can_be_made_of_what_is_published() -> None:
    rows = analysis.read_rows()
    column = published(rows)["model"]
    assert rows.loc[rows["model"] == "imagenet-x-testbed:vgg11", "name"].tolist() == [
        "vgg11.tv_in1k (imagenet-x-testbed)"
    ]
    assert column["values"] == rows["name"].tolist()
    around = [column["full"]["words"][place] for place in column["full"]["values"]]
    made = [
        word.replace(page.SHORT, short.split(" (")[0], 1)
        for word, short in zip(around, column["values"], strict=True)
    ]
    assert made == rows["model"].tolist()
    assert len(column["full"]["words"]) < len(rows) / 3


def test_a_name_cannot_end_the_script_early(mine: pd.DataFrame) -> None:
    mine.loc[0, "name"] = "</script><b>"
    assert published(mine)["model"]["values"][0] == "</script><b>"
    assert page.model_table(mine).markup.count("</script>") == 1


def test_views_filter_and_sort_by_what_there_is() -> None:
    columns = published(analysis.read_rows())
    for _, address in page.VIEWS:
        for name, value in (part.split("=") for part in address.split("&")):
            if name == "sort":
                assert value in columns
            elif name == "order":
                assert value == "desc"
            else:
                assert value in columns["training_source" if name == "source" else name]["words"]


def test_studies_are_counted(mine: pd.DataFrame) -> None:
    text = re.sub(r"<[^>]+>", " ", page.studies_table(mine).markup)
    assert re.search(r"mine\s+2\s+0\s+2\s+0\s+0\s+0", text)


def test_without_any_study_a_sentence_stands_for_the_count() -> None:
    empty = pd.DataFrame(columns=[column.key for column in page.COLUMNS])
    assert page.studies_table(empty).markup == "<p>No study has the cube <code>models</code>.</p>"
