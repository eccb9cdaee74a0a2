"""Weight files: the rounding is bounded, what comes back is what was written, a bad file changes nothing."""

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors import SafetensorError  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from clipsafe_engine.lab.training import weights  # noqa: E402
from clipsafe_engine.lab.training.networks import make_classifier  # noqa: E402
from clipsafe_engine.lab.training.objectives import _FORMS, load_network  # noqa: E402
from clipsafe_engine.lab.training.weights import (  # noqa: E402
    count_parameters,
    load_weights,
    quantised,
    read_description,
    restored,
    write_weights,
)
from clipsafe_engine.lab.world.world import World  # noqa: E402
from clipsafe_utils.errors import ClipsafeError  # noqa: E402

DESCRIPTION = {"name": "a", "form": "classifier", "architecture": "resnet_xs", "classes": 24}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "a.safetensors"
    write_weights(path, make_classifier("resnet_xs", 24).state_dict(), DESCRIPTION)
    return path


@pytest.mark.parametrize("shape", [(24, 96), (16, 3, 3, 3), (14, 64), (1, 1)])
def test_no_weight_moves_by_more_than_half_a_step_of_its_channel(shape: tuple[int, ...]) -> None:
    random = torch.Generator().manual_seed(0)
    size = 10 ** torch.linspace(-2, 3, shape[0]).view(-1, *(1,) * (len(shape) - 1))
    exact = torch.randn(shape, generator=random) * size
    back = restored(quantised({"w": exact}))["w"]
    step = exact.abs().flatten(1).amax(dim=1) / 127
    error = (back - exact).abs().flatten(1).amax(dim=1)
    assert (error <= 0.5 * step * 1.001 + 127 * step * 2**-11).all()
    # Rounded once more, nothing moves: the file is what is evaluated.
    assert torch.equal(restored(quantised({"w": back}))["w"], back)


def test_a_channel_s_error_does_not_depend_on_its_neighbours() -> None:
    small, large = torch.full((1, 8), 0.01), torch.full((1, 8), 1e4)
    back = restored(quantised({"w": torch.cat([small, large])}))["w"]
    assert torch.allclose(back[:1], small, rtol=1e-3)


def test_channels_of_nothing_and_of_next_to_nothing_become_zero() -> None:
    exact = torch.tensor([[0.0, 0.0], [1e-9, -1e-9]])
    assert restored(quantised({"w": exact}))["w"].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_vectors_are_kept_to_the_last_digit() -> None:
    exact = {"bias": torch.randn(17), "scale": torch.tensor(3.14159)}
    assert all(torch.equal(value, exact[name]) for name, value in restored(quantised(exact)).items())


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("architecture", ["resnet_xs", "vit_s"])
def test_every_form_comes_back(tmp_path: Path, world: World, form: str, architecture: str) -> None:
    torch.manual_seed(1)
    network = _FORMS[form](world, architecture, 40)
    path = tmp_path / "a.safetensors"
    write_weights(path, network.state_dict(), {"form": form, "architecture": architecture, "classes": 40})
    back, described = load_network(world, path)
    assert described["form"] == form
    expected = restored(quantised(network.state_dict()))
    found = {name: back.state_dict()[name] for name in expected}
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert not back.training
    assert count_parameters(path) == sum(parameter.numel() for parameter in network.parameters())
    assert path.stat().st_size < 1.4 * count_parameters(path) + 20_000


def save(path: Path, tensors: object, **metadata: str) -> None:
    save_file(tensors, path, metadata)


def changed(change: Callable[[dict[str, "torch.Tensor"]], object]) -> Callable[[Path], None]:
    """Return what writes a file again after a change of its tensors."""

    def write(path: Path) -> None:
        tensors = load_file(path)
        change(tensors)
        save(path, tensors, description=json.dumps(DESCRIPTION))

    return write


def described(**entries: object) -> Callable[[Path], None]:
    return lambda path: save(path, load_file(path), description=json.dumps(DESCRIPTION | entries))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "expected a whole weight file"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "expected a whole weight file"),
        (lambda path: path.write_bytes(b""), "expected a whole weight file"),
        (lambda path: path.write_text("<html>not found</html>"), "expected a whole weight file"),
        (lambda path: save(path, load_file(path)), "found no description in it"),
        (lambda path: save(path, load_file(path), description="[1]"), "found no description in it"),
        (lambda path: save(path, load_file(path), description="{"), "expected a whole weight file"),
        (changed(lambda all_: all_.pop("head.bias")), "lacks tensor 'head.bias'"),
        (changed(lambda all_: all_.update(more=torch.ones(1))), "has an unknown tensor 'more'"),
        (
            changed(lambda all_: all_.update({"head.bias": torch.ones(25)})),
            r"'head\.bias' has shape \[25\]; expected \[24\]",
        ),
        (
            changed(lambda all_: all_.update({"head.weight": all_["head.weight"].float()})),
            r"'head\.weight' has dtype torch\.float32; expected torch\.int8",
        ),
        (described(form="resnet"), "describes no network that the zoo can make"),
        (described(architecture="vgg"), "describes no network that the zoo can make"),
        (described(classes="many"), "describes no network that the zoo can make"),
        (described(architecture="resnet_s"), "has an unknown tensor|lacks tensor|has shape"),
        (described(classes=48), r"has shape \[24\]; expected \[48\]|has shape \[24, 96\]"),
        (lambda path: path.unlink(), "there is no such weight file"),
    ],
)
def test_a_bad_file_is_one_sentence(
    world: World, path: Path, damage: Callable[[Path], object], words: str
) -> None:
    damage(path)
    with pytest.raises(ClipsafeError, match=words) as caught:
        load_network(world, path)
    told = str(caught.value)
    assert told.startswith(str(path))
    assert told.endswith(".")
    assert "\n" not in told


def test_a_bad_file_leaves_the_network_as_it_was(path: Path) -> None:
    changed(lambda all_: all_.pop("head.bias"))(path)
    network = make_classifier("resnet_xs", 24)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ClipsafeError, match=r"lacks tensor 'head\.bias'"):
        load_weights(path, network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("full")])
def test_a_full_disk_keeps_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    before = path.read_bytes()

    def half(_: object, temporary: Path, __: object) -> None:
        temporary.write_bytes(before[:1000])
        raise fault

    monkeypatch.setattr(weights, "save_file", half)
    with pytest.raises(ClipsafeError, match=r"a\.safetensors: cannot be written \("):
        write_weights(path, {"w": torch.ones(2)}, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_description_is_read_without_the_weights(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_tensors", None)
    assert read_description(path) == DESCRIPTION
