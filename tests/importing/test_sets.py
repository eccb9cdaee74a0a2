"""Decisions and scores of each set: counted as by hand, by name and by order, whole and in part."""

from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.own_model import OwnModel
from clipsafe_utils.importing.recognising import same_in_record
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.registry.label_maps import merging, subset
from clipsafe_utils.registry.validation_set import validation_labels, validation_name
from tests.importing.made import (
    WNIDS,
    drawn_logits,
    folder,
    guessed,
    hits_of,
    imported,
    names_in,
    some_images,
    table,
)


def test_decisions_by_name_are_counted_in_every_paired_draw(tmp_path: Path) -> None:
    names, truth = some_images(5000)
    said = guessed(truth)
    path = folder(tmp_path, imagenet_val=table(image=names, prediction=said))
    found = imported(path)
    assert hits_of(found.cubes, "id") == (int((said == truth).sum()), 5000)
    weights = draw_weights("imagenet-val", names, 4).astype(int)
    drawn = found.cubes["shifts"].isel(model=0).sel(condition="id")["draw_hits"]
    np.testing.assert_array_equal(drawn, weights @ (said == truth))
    assert found.notes[0].endswith("5,000 of 50,000 images, spread over classes as a random part is")
    for name, cube in found.cubes.items():
        write_cube(cube, tmp_path / "out" / f"{name}.nc")


@pytest.mark.parametrize("kind", ["number", "wnid", "folder", "hub", "windows"])
def test_names_and_classes_may_be_written_in_several_ways(tmp_path: Path, kind: str) -> None:
    names, truth = some_images(3000)
    said = guessed(truth)
    written: list[object] = said.tolist()
    if kind == "wnid":
        written = [WNIDS[index] for index in said]
    if kind == "folder":
        names = [f"/data/{WNIDS[index]}/{name}" for name, index in zip(names, truth, strict=True)]
    if kind == "hub":
        names = [name.replace(".JPEG", f"_{WNIDS[i]}.JPEG") for name, i in zip(names, truth, strict=True)]
    if kind == "windows":
        names = [f"C:\\val\\{name}" for name in names]
    path = folder(tmp_path, imagenet_val=table(image=names, prediction=written))
    assert hits_of(imported(path).cubes, "id")[0] == (said == truth).sum()


@pytest.mark.parametrize("order", ["val-index", "imagefolder"])
def test_rows_without_names_are_placed_by_their_order(tmp_path: Path, order: str) -> None:
    truth = validation_labels() if order == "val-index" else np.sort(validation_labels())
    said = guessed(truth)
    path = folder(tmp_path, f'order = "{order}"', imagenet_val=table(prediction=said))
    assert hits_of(imported(path).cubes, "id") == (int((said == truth).sum()), 50_000)


def test_an_order_that_is_not_known_here_needs_labels(tmp_path: Path) -> None:
    truth = np.random.default_rng(0).permutation(validation_labels())
    said = guessed(truth)
    path = folder(tmp_path, 'order = "huggingface"', imagenet_val=table(prediction=said, label=truth))
    found = imported(path, with_factors=True)
    assert hits_of(found.cubes, "id") == (int((said == truth).sum()), 50_000)
    assert "factors" not in found.cubes
    assert (
        found.notes[-1]
        == "factors are not measured: the rows of imagenet-val are not known by the names of their images"
    )


def test_folders_of_v2_are_sorted_as_text(tmp_path: Path) -> None:
    truth = np.repeat([int(name) for name in sorted(map(str, range(1000)))], 10)
    said = guessed(truth)
    path = folder(tmp_path, 'order = "imagefolder"', imagenet_v2_top_images=table(prediction=said))
    assert hits_of(imported(path).cubes, "v2_top_images")[0] == (said == truth).sum()


@pytest.mark.parametrize("name", ["imagenet_r", "imagenet_a"])
def test_answers_among_all_classes_are_marked(tmp_path: Path, name: str) -> None:
    images, truth = names_in(name)
    among_all, among_few = guessed(truth), np.where(np.arange(len(truth)) % 3, truth, subset(name)[0])
    letter = name[-1]
    path = folder(tmp_path / "all", **{name: table(image=images, prediction=among_all)})
    found = imported(path)
    assert found.cubes["shifts"]["condition"].values.tolist() == [f"{letter}_of_1000"]
    assert "stands in no ranking" in found.notes[0]
    path = folder(tmp_path / "few", **{name: table(image=images, prediction=among_few)})
    assert hits_of(imported(path).cubes, letter) == (int((among_few == truth).sum()), len(truth))


def test_scores_are_read_over_the_classes_of_the_set(tmp_path: Path) -> None:
    images, truth = names_in("imagenet_a")
    logits = drawn_logits(truth).astype(np.float16)
    expected = int((subset("imagenet_a")[logits[:, subset("imagenet_a")].argmax(axis=1)] == truth).sum())
    path = folder(tmp_path / "all", 'scores = "logits"', imagenet_a={"scores": logits, "images": images})
    assert hits_of(imported(path).cubes, "a") == (expected, 7500)
    few = {"scores": logits[:, subset("imagenet_a")], "images": images}
    path = folder(tmp_path / "few", 'scores = "logits"\n[imagenet-a]\nclasses = "set"', imagenet_a=few)
    assert hits_of(imported(path).cubes, "a") == (expected, 7500)


def test_a_class_of_objectnet_is_any_of_its_classes(tmp_path: Path) -> None:
    images, truth = names_in("objectnet")
    merged = merging("objectnet")
    other = {
        int(merged.indices[merged.numbers == n][0]): int(merged.indices[merged.numbers == n][-1])
        for n in range(113)
    }
    said = [other[label] for label in truth.tolist()]
    path = folder(tmp_path, objectnet=table(image=[*images, "zebra/1.png"], prediction=[*said, 340]))
    found = imported(path)
    assert hits_of(found.cubes, "objectnet") == (18_574, 18_574)
    assert "1 images of classes that ImageNet lacks are left out" in found.notes[0]


def test_the_subsets_of_the_classes_of_a_shift_are_counted_over_its_classes(tmp_path: Path) -> None:
    names, truth = some_images(4000)
    logits = drawn_logits(truth)
    path = folder(tmp_path, 'scores = "logits"', imagenet_val={"scores": logits, "images": names})
    for condition, column in (("id_r200", "imagenet_r"), ("id_a200", "imagenet_a")):
        rows = np.isin(truth, subset(column))
        best = subset(column)[logits[rows][:, subset(column)].argmax(axis=1)]
        assert hits_of(imported(path).cubes, condition) == (int((best == truth[rows]).sum()), int(rows.sum()))


def test_sixteen_names_of_cue_conflict_and_classes_among_a_thousand(tmp_path: Path) -> None:
    names, shapes = [], []
    cues = list(merging("cue_conflict").names)
    for shape in cues:
        for texture in cues:
            names += [f"{shape}/{shape}{n}-{texture}1.png" for n in range(1, 6)]
            shapes += [shape] * 5
    toml = '[cue-conflict]\nread_out = "16 names"'
    own = imported(folder(tmp_path / "names", toml, cue_conflict=table(image=names, prediction=shapes))).cubes
    count = own["shape_bias"]["count"].sum(["model", "cue_class"])
    assert count.values.tolist() == [1200, 0, 0]
    first = dict(zip(cues, merging("cue_conflict").first_index().tolist(), strict=True))
    indices = [first[shape] for shape in shapes]
    indices[0:80] = [999] * 80
    path = folder(tmp_path / "classes", cue_conflict=table(image=names, prediction=indices))
    cube = imported(path).cubes["shape_bias"]
    assert cube["read_out"].item() == "1,000 classes, top-1"
    assert cube["count"].sum(["model", "cue_class"]).values.tolist() == [1125, 0, 75]
    logits = np.zeros((1280, 1000), np.float32)
    logits[np.arange(1280), [first[shape] for shape in shapes]] = 20
    path = folder(tmp_path / "scores", 'scores = "logits"', cue_conflict={"scores": logits, "images": names})
    cube = imported(path).cubes["shape_bias"]
    assert cube["read_out"].item() == "1,000 classes, mean"
    assert cube["count"].sum(["model", "cue_class"]).values.tolist()[0] == 1200


def test_the_shape_bias_of_scores_is_that_of_the_toolbox(tmp_path: Path) -> None:
    """The toolbox takes the mean probability of the classes of each name, and of these the largest."""
    merged, rng = merging("cue_conflict"), np.random.default_rng(4)
    cues = list(merged.names)
    pairs = [(shape, texture) for shape in cues for texture in cues for _ in range(5)]
    names = [f"{shape}{n}-{texture}{n}.png" for n, (shape, texture) in enumerate(pairs, 1)]
    logits = rng.normal(0, 3, (1280, 1000)).astype(np.float32)
    shares = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    means = [shares[:, merged.indices[merged.numbers == number]].mean(axis=1) for number in range(16)]
    said = [cues[number] for number in np.argmax(means, axis=0)]
    differ = [(answer, *pair) for answer, pair in zip(said, pairs, strict=True) if pair[0] != pair[1]]
    shape = sum(answer == pair[0] for answer, *pair in differ)
    texture = sum(answer == pair[1] for answer, *pair in differ)
    path = folder(tmp_path, 'scores = "logits"', cue_conflict={"scores": logits, "images": names})
    count = imported(path).cubes["shape_bias"]["count"].sum(["model", "cue_class"]).values.tolist()
    assert count == [shape, texture, 1200 - shape - texture]
    assert shape + texture > 50


def test_a_parquet_table_says_the_same_as_a_csv(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    names, truth = some_images(2000)
    said = guessed(truth)
    path = folder(tmp_path)
    pandas.DataFrame({"image": names, "prediction": said}).to_parquet(path / "imagenet-val.parquet")
    assert hits_of(imported(path).cubes, "id")[0] == (said == truth).sum()


def test_the_name_of_an_image_is_that_of_its_number() -> None:
    assert validation_name(50_000) == "ILSVRC2012_val_00050000.JPEG"


@pytest.mark.parametrize("kind", ["list_", "large_list"])
def test_scores_in_parquet_are_lists_of_one_length(tmp_path: Path, kind: str) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    names, truth = some_images(300)
    logits = drawn_logits(truth)
    path = folder(tmp_path, 'scores = "logits"')

    def write(rows: list[np.ndarray]) -> None:
        lists = pyarrow.array(rows, getattr(pyarrow, kind)(pyarrow.float32()))
        parquet.write_table(pyarrow.table({"scores": lists, "image": names}), path / "imagenet-val.parquet")

    write(list(logits))
    assert hits_of(imported(path).cubes, "id") == (int((logits.argmax(axis=1) == truth).sum()), 300)
    write([logits[0, :-1], np.append(logits[1], 0), *logits[2:]])
    with pytest.raises(ClipsafeError, match="the lists of a column differ in length"):
        imported(path)


@pytest.mark.parametrize("said", [{"checkpoint": "ViT-B-16.openai"}, {}])
def test_a_model_that_the_record_has_is_recognised_by_name_or_by_its_answers(said: dict[str, str]) -> None:
    counts = find_study("published").read("shape_bias")[["count"]].sel(model="thieringer:clip-16", drop=True)
    answers = {} if said else {"shape_bias": counts}
    checkpoint, rows = same_in_record(OwnModel("drawn", **said), answers)
    assert checkpoint == "ViT-B-16.openai"
    assert "thieringer:clip-16" in rows
    other = {"shape_bias": counts.assign(count=counts["count"][:, ::-1].values + 0 * counts["count"])}
    assert same_in_record(OwnModel("drawn"), other) == ("", [])


def test_factors_carry_their_terms_and_can_be_left_out(tmp_path: Path) -> None:
    names, truth = some_images(2000)
    path = folder(tmp_path, imagenet_val=table(image=names, prediction=guessed(truth)))
    assert "CC BY-NC 4.0" in imported(path, with_factors=True).cubes["factors"].attrs["licence"]
    left_out = imported(path).cubes
    assert "factors" not in left_out
    assert "CC BY-NC" not in left_out["shifts"].attrs["licence"]
