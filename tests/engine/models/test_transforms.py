"""Preprocessing: the pixels are those of timm's and open_clip's own transforms, bit for bit."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipsafe_engine.models.transforms import Crop, Transform, from_open_clip, from_timm
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue

torch = pytest.importorskip("torch")
pytest.importorskip("open_clip")


def of_library(entry: ModelEntry) -> Any:
    """Return the transform that the library itself makes for an entry."""
    import timm
    from open_clip import get_model_config, get_pretrained_cfg
    from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict

    if entry.library == "timm":
        return timm.data.create_transform(
            **timm.data.resolve_data_config(pretrained_cfg=timm.get_pretrained_cfg(entry.name).to_dict())
        )
    size = get_model_config(entry.model)["vision_cfg"]["image_size"]
    configuration = merge_preprocess_dict(
        PreprocessCfg(size=size), get_pretrained_cfg(entry.model, entry.tag)
    )
    return image_transform_v2(PreprocessCfg(**configuration), is_train=False)


def one_entry_of_each_transform(library: str) -> list[ModelEntry]:
    from clipsafe_engine.models.loading import transform_of

    found = {transform_of(entry): entry for entry in catalogue().values() if entry.library == library}
    return list(found.values())


@pytest.mark.parametrize(("library", "transforms"), [("open_clip", 8), ("timm", 42)])
def test_pixels_of_every_transform_of_the_catalogue(
    library: str, transforms: int, images: list[Image.Image]
) -> None:
    from clipsafe_engine.models.loading import transform_of

    entries = one_entry_of_each_transform(library)
    assert len(entries) == transforms
    for entry in entries:
        ours, theirs = transform_of(entry), of_library(entry)
        for image in images:
            assert torch.equal(ours(image), theirs(image)), (entry.name, image.size)


def test_models_share_crops() -> None:
    from clipsafe_engine.models.loading import transform_of

    transforms = {transform_of(entry) for entry in catalogue().values()}
    assert (len(transforms), len({transform.crop for transform in transforms})) == (44, 30)


def test_a_grey_image_and_one_with_a_palette_become_rgb(images: list[Image.Image]) -> None:
    crop = Crop(resize=32, size=24)
    grey = images[0].convert("L")
    np.testing.assert_array_equal(crop(grey), crop(grey.convert("RGB")))
    palette = images[0].convert("P")
    np.testing.assert_array_equal(crop(palette), crop(palette.convert("RGB")))


def test_the_centre_is_cut_by_hand() -> None:
    columns = np.tile(np.arange(6, dtype=np.uint8)[:, np.newaxis], (4, 1, 3))
    image = Image.fromarray(columns.reshape(4, 6, 3))
    cut = Crop(resize=4, size=2, interpolation="bilinear")(image)
    # The shorter side is 4 already, so nothing is resized: columns 2 and 3 of 0 to 5 are in the centre.
    assert cut[:, :, 0].tolist() == [[2, 3], [2, 3]]


def test_squash_shows_the_whole_image() -> None:
    image = Image.new("RGB", (40, 10), "black")
    image.paste("white", (0, 0, 12, 10))
    assert Crop(10, 10, squash=True)(image)[5, 0, 0] == 255
    assert Crop(10, 10)(image)[5, 0, 0] == 0


def test_normalise_by_hand() -> None:
    transform = Transform(Crop(1, 1), mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 2.0))
    pixels = np.array([[[[255, 255, 255]]], [[[0, 0, 0]]]], np.uint8)
    assert transform.normalise(pixels)[..., 0, 0].tolist() == [[1, 1, 0], [0, -1, -0.5]]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"crop_mode": "border"}, "expected a central square"),
        ({"input_size": (3, 224, 192)}, "expected a central square"),
        ({"interpolation": "lanczos"}, "expected bicubic or bilinear"),
    ],
)
def test_what_timm_has_and_we_have_not_is_refused(change: dict[str, Any], complaint: str) -> None:
    plain = {
        "input_size": (3, 224, 224),
        "crop_pct": 0.9,
        "crop_mode": "center",
        "interpolation": "bicubic",
        "mean": (0, 0, 0),
        "std": (1, 1, 1),
    }
    with pytest.raises(ClipsafeError, match=complaint):
        from_timm(plain | change)


@pytest.mark.parametrize("change", [{"resize_mode": "longest"}, {"size": (224, 192)}])
def test_what_open_clip_has_and_we_have_not_is_refused(change: dict[str, Any]) -> None:
    plain = {
        "size": 224,
        "resize_mode": "shortest",
        "interpolation": "bicubic",
        "mean": (0, 0, 0),
        "std": (1, 1, 1),
    }
    with pytest.raises(ClipsafeError, match="expected a central square"):
        from_open_clip(plain | change)
