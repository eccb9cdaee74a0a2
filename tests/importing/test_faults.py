"""What may be wrong with predictions: each is refused in one sentence with the file, or marked."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.label_maps import index_of_wnid
from clipsafe_utils.registry.validation_set import validation_labels, validation_name
from tests.attack.command import run
from tests.importing.made import WNIDS, drawn_logits, folder, guessed, imported, names_in, some_images, table

NAMES, TRUTH = some_images(3000)
SAID = guessed(TRUTH)
SHUFFLED = np.random.default_rng(7).permutation(1000)
EVERY = [validation_name(number) for number in range(1, 50_001)]


def kit_order() -> np.ndarray:
    """Return an order of classes that begins as the development kit's does."""
    kit = ("n02119789", "n02100735", "n02110185", "n02096294", "n02102040", "n02066245", "n02509815")
    first = [index_of_wnid()[wnid] for wnid in kit]
    return np.array([*first, *(index for index in SHUFFLED if index not in first)])


def place_in(order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.argsort(order)[classes]


def home(**columns: object) -> dict[str, object]:
    return {"imagenet_val": table(**{"image": NAMES, "prediction": SAID} | columns)}


def scores(kind: str, values: np.ndarray, more: str = "", **arrays: object) -> tuple[str, dict[str, object]]:
    return f'scores = "{kind}"\n{more}', {
        "imagenet_val": {"scores": values, "images": NAMES[: len(values)], **arrays}
    }


LOGITS = drawn_logits(TRUTH[:300])
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
SOME = table(image=NAMES[:300], prediction=TRUTH[:300])

CASES: dict[str, tuple[str, dict[str, object], str]] = {
    "numbers from 1": (
        "",
        home(prediction=[*(SAID[:-1] + 1), 1000]),
        "1 to 1,000 is how the development kit",
    ),
    "background first": (
        "",
        home(prediction=np.minimum(SAID + 1, 999)),
        "order of classes with the background first",
    ),
    "another order": ("", home(prediction=SHUFFLED[SAID]), "the classes are in another order, another one"),
    "order of the kit": ("", home(prediction=place_in(kit_order(), SAID)), "that of the development kit"),
    "sorted as text": (
        "",
        home(prediction=place_in(np.array(sorted(range(1000), key=str)), SAID)),
        "classes sorted as text",
    ),
    "chance": (
        "",
        home(prediction=guessed(TRUTH, 0)),
        "no other order of classes or rows that is known here",
    ),
    "1,001 columns": (
        *scores("logits", np.pad(LOGITS, ((0, 0), (1, 0)))),
        "scores have 1,001 columns for 1,000 classes; where the first is the background, say classes = "
        '"background-first"',
    ),
    "21,841 columns": (
        *scores("logits", np.zeros((300, 21_841), np.float16)),
        "scores have 21,841 columns for 1,000 classes.",
    ),
    "a name of a class": (
        "",
        home(prediction=["crane", *SAID[1:]]),
        "line 2: prediction is 'crane'; expected",
    ),
    "lists of classes": (
        "",
        home(prediction=["1;2;3", *SAID[1:]]),
        "line 2: prediction is '1;2;3', a list of several",
    ),
    "a foreign class": ("", home(prediction=["n00000001"] * 3000), "no WordNet id of the 1,000 classes"),
    "lost folders": (
        "",
        {"imagenet_r": table(image=["art_0.jpg", "art_1.jpg"], prediction=[1, 2])},
        "line 2: the name of the image has lost its folder, which says its class",
    ),
    "a foreign folder": (
        "",
        {"imagenet_a": table(image=["n01440764/0.jpg"], prediction=[6])},
        "line 2: the folder of the image is not the WordNet id of a class of the set",
    ),
    "numbers below 200": (
        "",
        {"imagenet_a": table(image=names_in("imagenet_a")[0], prediction=np.arange(7500) % 200)},
        'every prediction is below 200, the number of classes of the set: say [imagenet-a] classes = "set"',
    ),
    "a first slice": (
        "",
        {
            "imagenet_val": table(
                image=np.array(EVERY)[np.argsort(validation_labels(), kind="stable")[:5000]],
                prediction=np.sort(validation_labels())[:5000],
            )
        },
        "show 100 of the 1,000 classes, so they are a slice in the order of its folders",
    ),
    "chosen classes": (
        "",
        {
            "imagenet_val": table(
                image=np.array(EVERY)[validation_labels() % 10 == 0],
                prediction=validation_labels()[validation_labels() % 10 == 0],
            )
        },
        "show 100 of the 1,000 classes, so they are chosen by class",
    ),
    "a part without names": (
        'order = "val-index"',
        {"imagenet_val": table(prediction=SAID)},
        "needs the names",
    ),
    "neither names nor order": (
        "",
        {"imagenet_val": table(prediction=SAID)},
        "has no column 'image'; name the images",
    ),
    "an order without truth": (
        'order = "huggingface"',
        {"imagenet_val": table(prediction=validation_labels())},
        "in the order huggingface is not known here; add a column 'label'",
    ),
    "another order of rows": (
        'order = "val-index"',
        {"imagenet_val": table(prediction=np.sort(validation_labels()))},
        'rows in the order imagefolder would explain it: say order = "imagefolder"',
    ),
    "an image twice": (
        "",
        home(image=[*NAMES[:-1], NAMES[0]]),
        "line 3001: the image stands before, at row 0",
    ),
    "a foreign image": (
        "",
        home(image=["dog.jpg", *NAMES[1:]]),
        "line 2: the image is not in the validation set",
    ),
    "a wrong label": ("", home(label=[*TRUTH[:-1], (TRUTH[-1] + 1) % 1000]), "1 of 3,000 rows contradict"),
    "an empty cell": ("", home(prediction=[*SAID[:-1], ""]), "line 3001: prediction is empty"),
    "a half class": ("", home(prediction=[*SAID[:-1], "1.5"]), "line 3001"),
    "a percentage": (
        "",
        home(confidence=[97.0] * 3000),
        "line 2: confidence is 97; expected a probability from 0 to 1",
    ),
    "no number": (
        "",
        home(confidence=["nan"] * 3000),
        "line 2: confidence is 'nan', which is no finite number",
    ),
    "NaN": (
        *scores("logits", np.where(LOGITS > 4, np.nan, LOGITS)),
        "holds a score that is no finite number",
    ),
    "sums": (*scores("probabilities", SHARES * 0.5), "the probabilities of row 0 do not sum to 1"),
    "logits called probabilities": (
        *scores("probabilities", LOGITS),
        "are said to be probabilities, but reach from",
    ),
    "probabilities called logits": (
        *scores("logits", SHARES),
        'look like probabilities; say scores = "probabilities"',
    ),
    "logarithms called logits": (*scores("logits", np.log(SHARES)), "look like log-probabilities"),
    "logits called logarithms": (*scores("log-probabilities", LOGITS), "their shares do not sum to 1"),
    "cosines called logits": (*scores("logits", LOGITS / 100), "look like cosines"),
    "cosines without scale": (*scores("cosines", LOGITS / 100), "cosines need scale"),
    "logits called cosines": (
        *scores("cosines", LOGITS, "scale = 100.0"),
        "are said to be cosines, but reach from",
    ),
    "scores of no kind": ("", scores("", LOGITS)[1], "what the scores are is not said"),
    "whole numbers": (*scores("logits", LOGITS.astype(int)), "scores are int64 of the shape (300, 1000)"),
    "rows that differ": (*scores("logits", LOGITS, images=NAMES[:299]), "rows"),
    "an unknown column": ("", home(extra=[1] * 3000), "column 'extra' is unknown"),
    "an unknown set": ("", {"cifar": SOME}, "is named by no data set"),
    "an unknown entry": ("colour = 1", home(), "has no entry 'colour'"),
    "an unknown order": (
        'order = "random"',
        home(),
        "order is 'random', expected one of val-index, imagefolder",
    ),
    "a turned sign": (
        "",
        {
            "imagenet_val": table(image=NAMES, prediction=SAID, energy=np.linspace(0, 1, 3000)),
            "sun": table(energy=np.linspace(0.5, 2, 900)),
        },
        "the area under the ROC curve of energy is",
    ),
    "no common score": (
        "",
        {**home(confidence=[0.5] * 3000), "sun": table(energy=[1.0, 2.0])},
        "has the scores energy, of which imagenet-val.csv has none",
    ),
    "no home": (
        "",
        {"sun": table(energy=[1.0, 2.0])},
        "OOD sets are measured against the scores of imagenet-val",
    ),
    "a part of the cues": (
        '[cue-conflict]\nread_out = "16 names"',
        {"cue_conflict": table(image=["cat1-dog1.png"], prediction=["cat"])},
        "is no random part of the images whose cues differ: 0 of 1 show the shape airplane",
    ),
    "no read-out": (
        "",
        {"cue_conflict": table(image=["cat1-dog1.png"], prediction=["cat"])},
        "how the sixteen names were obtained",
    ),
    "a file of classes": ('classes = "classes.txt"', home(), "expected one WordNet id a line (No such file"),
    "a path to classes": ('classes = "../classes.txt"', home(), "without a path"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_sentence(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml, files, words = CASES[case]
    path = folder(tmp_path / "in", toml, **files)  # type: ignore[arg-type]
    ended = run(capsys, "import", str(path), "-o", str(tmp_path / "out"), "--draws", "2", "--without-factors")
    assert ended.is_one_sentence, ended
    assert words in ended.err
    assert not (tmp_path / "out").exists()


def test_an_order_that_is_said_is_taken(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    order = kit_order()
    (tmp_path / "in" / "kit.txt").write_text("\n".join(WNIDS[index] for index in order), encoding="utf-8")
    said = place_in(order, SAID) + 1
    path = folder(tmp_path / "in", 'classes = "kit.txt"\nfirst_class = 1', **home(prediction=said))  # type: ignore[arg-type]
    found = imported(path).cubes["shifts"]
    assert int(found["hits"].sel(condition="id")[0]) == (SAID == TRUTH).sum()
    path = folder(tmp_path / "b", 'classes = "background-first"', **home(prediction=SAID + 1))  # type: ignore[arg-type]
    assert imported(path).cubes["shifts"]["hits"].equals(found["hits"])


BROKEN: dict[str, tuple[str, bytes]] = {
    "no text": ("imagenet-val.csv", b"\xff\xfe\x00"),
    "nothing": ("imagenet-val.csv", b""),
    "a header": ("imagenet-val.csv", b"image,prediction\n"),
    "uneven": ("imagenet-val.csv", b"image,prediction\na\n"),
    "twice": ("imagenet-val.csv", b"image,image\na,b\n"),
    "no archive": ("imagenet-val.npz", b"PK\x03\x04"),
    "no parquet": ("imagenet-val.parquet", b"PAR1"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_sentence(case: str, tmp_path: Path) -> None:
    name, content = BROKEN[case]
    (folder(tmp_path) / name).write_bytes(content)
    with pytest.raises(ClipsafeError, match=re.escape(name)):
        imported(tmp_path)


def test_an_archive_that_unpacks_to_more_than_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipsafe_utils.importing.tables.MOST_BYTES", 1000)
    path = folder(tmp_path, imagenet_val={"scores": LOGITS})
    with pytest.raises(ClipsafeError, match=r"unpacks to .* at most 1,000 are read"):
        imported(path)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    path = folder(tmp_path)
    np.savez(path / "imagenet-val.npz", scores=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ClipsafeError, match="without pickle"):
        imported(path)


@pytest.mark.parametrize(
    "change", [lambda path: (path / "model.toml").unlink(), lambda path: path.rename(f"{path}2")]
)
def test_a_folder_without_its_parts_is_refused(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = folder(tmp_path / "in", imagenet_val=SOME)
    change(path)
    with pytest.raises(ClipsafeError, match="no such"):
        imported(path)


def test_cubes_of_another_model_do_not_stay_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = folder(tmp_path / "in", **home()), tmp_path / "out"  # type: ignore[arg-type]
    out.mkdir()
    (out / "ood.nc").write_bytes(b"")
    ended = run(capsys, "import", str(path), "-o", str(out), "--draws", "2", "--without-factors")
    assert ended.is_one_sentence
    assert "would stay beside the new cubes" in ended.err
