"""The lines that the page gives write a file that is read: the text of the page itself is run."""

import re
from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.importing.known_sets import HOME, known_sets
from clipsafe_utils.importing.own_model import Reading
from clipsafe_utils.importing.placing import place_rows
from clipsafe_utils.importing.tables import read_table
from clipsafe_utils.registry.label_maps import merging
from clipsafe_utils.registry.validation_set import validation_labels
from tests.conftest import REPOSITORY
from tests.importing.made import folder, hits_of, imported

PAGE = (REPOSITORY / "notebooks" / "own-predictions.md").read_text(encoding="utf-8")
BARE, TIMM, OPEN_CLIP, TRANSFORMERS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run_in(place: Path, code: str, **names: object) -> Path:
    """Run lines of the page in a folder; return the folder of predictions."""
    predictions = folder(place / "predictions")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        exec(compile(code, "own-predictions.md", "exec"), {**names})
    return predictions


def write_image(place: Path) -> None:
    from PIL import Image

    target = place / "imagenet" / "val" / "n01440764" / "ILSVRC2012_val_00000293.JPEG"
    target.parent.mkdir(parents=True)
    Image.new("RGB", (40, 40), "red").save(target)


def test_the_bare_array_is_measured(tmp_path: Path) -> None:
    logits = np.zeros((50_000, 1000), np.float32)
    logits[np.arange(50_000), validation_labels()] = 5
    path = run_in(tmp_path, BARE, logits=logits)
    folder(path, 'scores = "logits"\norder = "val-index"')
    assert hits_of(imported(path, draws=1).cubes, "id") == (50_000, 50_000)


SMALL_TIMM = TIMM.replace("pretrained=True", "pretrained=False").replace(
    "resnet50.a1_in1k", "resnet10t.c3_in1k"
)
SMALL_OPEN_CLIP = (
    OPEN_CLIP.replace('"ViT-B-32", "openai"', '"ViT-S-32-alt"')
    .replace('"ViT-B-32"', '"ViT-S-32-alt"')
    .replace("IMAGENET_CLASSNAMES", "IMAGENET_CLASSNAMES[:16]")
    .replace("OPENAI_IMAGENET_TEMPLATES", "OPENAI_IMAGENET_TEMPLATES[:1]")
)
"""The same lines for small networks without weights, and of few prompts."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "code", "columns"), [("timm", SMALL_TIMM, 1000), ("open_clip", SMALL_OPEN_CLIP, 16)]
)
def test_the_lines_of_a_library_name_images_and_have_a_column_a_class(
    library: str, code: str, columns: int, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    write_image(tmp_path)
    path = run_in(tmp_path, code)
    table = read_table(path / f"{HOME}.npz")
    assert table.columns["scores"].shape == (1, columns)
    placed = place_rows(table, known_sets()[HOME], Reading(), path)
    assert placed.truth.tolist() == [0]


def test_the_lines_for_transformers_can_be_read() -> None:
    compile(TRANSFORMERS, "own-predictions.md", "exec")


def test_the_table_of_the_page_names_a_folder_of_objectnet() -> None:
    assert "alarm_clock" in merging("objectnet").names
