"""Small networks and folders of real images; importable, so that other processes can load them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.sources import Files
from clipsafe_engine.models.transforms import Crop, Transform
from clipsafe_engine.predict.predictions import Classifier

REAL_IMAGES = Path(__file__).parents[4] / "shared" / "images"
"""400 photographs and 400 cue-conflict images, where they are."""

HALF = (0.5, 0.5, 0.5)
SMALL = Transform(Crop(36, 32), HALF, HALF)
OTHER_MEAN = Transform(Crop(36, 32), (0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
LARGE = Transform(Crop(48, 48, "bilinear"), HALF, HALF)
CPU = torch.device("cpu")


class TinyNetwork(torch.nn.Module):
    device = CPU

    def __init__(self, reference):
        super().__init__()
        torch.manual_seed(reference.seed)
        self.kind, self.transform = reference.kind, reference.transform
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, stride=2),
            torch.nn.ReLU(),
            torch.nn.AdaptiveAvgPool2d(2),
            torch.nn.Flatten(),
        )
        self.head = torch.nn.Linear(32, 7)

    def forward(self, batch):
        with torch.inference_mode():
            values = self.head(self.body(batch))
            if self.kind == "embeddings":
                values = torch.nn.functional.normalize(values, dim=-1)
        return values.numpy()

    def classifier(self, prompts):
        return Classifier(np.full((5, 7), len(prompts.templates), np.float32), 10.0, {})


@dataclass(frozen=True)
class TinyModel:
    name: str
    seed: int = 0
    kind: str = "logits"
    transform: Transform = SMALL
    parameters: int = 1000
    weights: str = "0f"
    log: Path | None = field(default=None, compare=False)

    @property
    def preprocessing(self):
        return repr(self.transform)

    def provenance(self):
        transform = hashlib.sha256(self.preprocessing.encode()).hexdigest()
        return {"weights": f"{self.weights}{self.seed}", "preprocessing": transform}

    def load(self):
        if self.log is not None:
            with self.log.open("a") as stream:
                stream.write(f"{self.name}\n")
        return TinyNetwork(self)


@dataclass(frozen=True)
class Folder:
    """A data set that is a folder of images."""

    name: str
    place: Path

    def open(self):
        names = tuple(sorted(path.name for path in self.place.iterdir()))
        labels = np.arange(len(names)) % 7
        return ImageList(self.name, np.array(names), labels, Files(self.place, names))


def draw_images(place: Path, count: int, seed: int = 0) -> Path:
    """Write JPEG and PNG files of several sizes."""
    rng = np.random.default_rng(seed)
    place.mkdir(parents=True)
    for number in range(count):
        shape = (*rng.integers(50, 90, 2), 3)
        image = Image.fromarray(rng.integers(0, 256, shape, np.uint8))
        image.save(place / f"{number:04}.{('jpg', 'png')[number % 2]}")
    return place


MODELS = (
    TinyModel("logits/small", 0),
    TinyModel("logits/other-mean", 1, transform=OTHER_MEAN),
    TinyModel("clip:large", 2, "embeddings", LARGE),
)


def bytes_of(store: Path) -> dict[str, bytes]:
    """Every file of the entries and tables of a store."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for part in ("predictions", "images", "classifiers")
        for path in (store / part).rglob("*")
        if path.is_file()
    }
