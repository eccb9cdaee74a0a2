"""Finding the file of a model's weights: in a folder of one's own, beside one's catalogue, or on the hub."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256
from clipsafe_utils.registry.catalogue import ModelEntry

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
"""What a file of weights may end with, in the order in which a folder is searched."""

_SHA256_DIGITS = 64


@dataclass(frozen=True)
class HubFiles:
    """Where the hub keeps some weights.

    Attributes
    ----------
    repository : str
        ``owner/name``.
    names : tuple of str
        Files that may hold them, the best first.
    """

    repository: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.repository}/{self.names[0]}"

    @property
    def command(self) -> str:
        """What a person types where there is a network."""
        return f"hf download {self.repository} {self.names[0]}"


def find_weights(entry: ModelEntry, weights: Path | None, hub: HubFiles | None) -> Path:
    """Find the file of weights of a model.

    Parameters
    ----------
    entry : ModelEntry
        The model.
    weights : Path or None
        A file, taken as it is; a folder, which has to hold ``<name>.safetensors`` (or .pt, .pth, .bin) or the
        file under its name on the hub; or None, for the file that the entry names or else the hub, whose
        cache is asked first.
    hub : HubFiles or None
        Where the hub has the weights, where it does.

    Raises
    ------
    ClipsafeError
        If there is no such file, with the way to get it.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> find_weights(catalogue()["ViT-B-32.openai"], Path("nowhere"), None)
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere: no such file or folder of weights.
    """
    if weights is None and entry.own_file is None:
        if hub is None:
            raise ClipsafeError(
                f"{entry.name}: its weights are on no hub; give --weights FOLDER that has them."
            )
        return _from_hub(entry, hub)
    place = weights or entry.own_file or Path()
    if place.is_file():
        return place
    if weights is None or not place.is_dir():
        raise ClipsafeError(f"{place}: no such file or folder of weights.")
    names = [f"{entry.name}{suffix}" for suffix in SUFFIXES]
    if entry.hub_repository:
        names.insert(0, entry.tag)
    found = next((place / name for name in names if (place / name).is_file()), None)
    if found is None:
        fix = f"; get it by `{hub.command} --local-dir {place}` under that name" if hub else ""
        raise ClipsafeError(f"{place / names[0]}: no such file of weights{fix}.")
    return found


def weights_hash(path: Path) -> str:
    """Return the SHA-256 of a file of weights, checked where the hub's cache says what it has to be.

    Raises
    ------
    ClipsafeError
        If a file in the cache of the hub is not what the hub sent.

    Examples
    --------
    >>> import os
    >>> weights_hash(Path(os.devnull))[:8]
    'e3b0c442'
    """
    found = sha256(path)
    # The cache links a file's name to a blob that is named by its SHA-256, where the file is a large one.
    blob = path.resolve()
    if blob.parent.name == "blobs" and len(blob.name) == _SHA256_DIGITS and blob.name != found:
        raise ClipsafeError(
            f"{path}: not what the hub sent, perhaps cut off; delete {blob} and fetch it again."
        )
    return found


def _from_hub(entry: ModelEntry, hub: HubFiles) -> Path:
    cached = _cached(hub.repository, hub.names)
    if cached is not None:
        return cached
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    reason = "no such file"
    for name in hub.names:
        try:
            return Path(hf_hub_download(hub.repository, name))
        except LocalEntryNotFoundError:
            reason = "the hub cannot be reached"
        except EntryNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] or type(error).__name__
        break
    raise ClipsafeError(
        f"{hub}: the weights of {entry.name} are not in the hub's cache and cannot be fetched ({reason}); "
        f"run `{hub.command}` where there is a network, or give --weights FOLDER."
    )


def _cached(repository: str, names: Sequence[str]) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for name in names:
        path = try_to_load_from_cache(repository, name)
        if isinstance(path, str):
            return Path(path)
    return None
