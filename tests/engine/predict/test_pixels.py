import time

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("open_clip")

import torch

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.models.loading import transform_of
from clipsafe_engine.predict import pixels
from clipsafe_engine.predict.forward import normalise
from clipsafe_engine.predict.pixels import Cutter, Request, cut
from clipsafe_utils.registry.catalogue import catalogue
from tests.engine.predict.tiny import CPU, LARGE, OTHER_MEAN, REAL_IMAGES, SMALL, Folder, draw_images


@pytest.fixture
def images(tmp_path):
    return Folder("drawn", draw_images(tmp_path / "drawn", 30)).open()


def requests(images, transforms=(SMALL, LARGE)):
    return [Request(images, k, tuple(one.crop for one in transforms)) for k in range(len(images))]


def batches_equal(transform, images, count):
    cut_images = [cut(Request(images, k, (transform.crop,))) for k in range(count)]
    ours = normalise(np.stack([image.pixels[0] for image in cut_images]), transform, CPU)
    theirs = torch.stack([transform(decoded(images, k)) for k in range(count)])
    return torch.equal(ours, theirs)


@pytest.mark.parametrize("transform", [SMALL, OTHER_MEAN, LARGE])
def test_a_batch_is_bit_for_bit_what_the_transform_gives(images, transform):
    assert batches_equal(transform, images, 8)


@pytest.mark.skipif(not REAL_IMAGES.is_dir(), reason="needs the real images")
@pytest.mark.slow
def test_so_it_is_on_photographs_for_every_transform_of_the_catalogue():
    from clipsafe_engine.datasets.opening import open_images
    from clipsafe_utils.registry.data_sets import data_set

    photographs = open_images(data_set("imagenet-samples"), REAL_IMAGES)
    transforms = {transform_of(entry) for entry in catalogue().values()}
    assert len(transforms) > 40
    assert all(batches_equal(transform, photographs, 3) for transform in transforms)


def test_images_come_in_order_whatever_takes_longer(images, monkeypatch):
    def slow(request):
        time.sleep(0.02 * (request.index % 3 == 0))
        return cut(request)

    monkeypatch.setattr(pixels, "cut", slow)
    taken = list(Cutter(threads=4).cut_ahead(requests(images)))
    for k, image in enumerate(taken):
        for pixels_of_crop, transform in zip(image.pixels, (SMALL, LARGE), strict=True):
            np.testing.assert_array_equal(pixels_of_crop, transform.crop(decoded(images, k)))


def test_what_waits_is_bounded_by_bytes_and_images(images, monkeypatch):
    asked = []

    def counted():
        for request in requests(images):
            asked.append(request.index)
            yield request

    monkeypatch.setattr(pixels, "AHEAD_BYTES", 3 * (32**2 + 48**2) * 5)
    with_bytes = Cutter(threads=1).cut_ahead(counted())
    next(with_bytes)
    assert len(asked) == 6
    with_bytes.close()
    asked.clear()
    monkeypatch.setattr(pixels, "AHEAD_BYTES", 2**40)
    monkeypatch.setattr(pixels, "AHEAD_IMAGES", 9)
    with_images = Cutter(threads=1).cut_ahead(counted())
    next(with_images)
    assert len(asked) == 10
    with_images.close()


def test_waiting_is_counted(images, monkeypatch):
    def slow(request):
        time.sleep(0.01)
        return cut(request)

    monkeypatch.setattr(pixels, "cut", slow)
    cutter = Cutter(threads=1)
    list(cutter.cut_ahead(requests(images)))
    assert cutter.waited > 0.2
