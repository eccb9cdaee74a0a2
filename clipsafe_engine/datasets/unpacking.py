"""Unpacking an archive from outside: nothing leaves the folder, no links, no more than it may hold."""

import tarfile
from pathlib import Path

from clipsafe_engine.datasets.sources import BROKEN_TAR, first_line, is_end, whole_members
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import open_plain

EXPANSION = 4
"""How many times its own size an archive may unpack to. Images do not shrink."""

ALLOWANCE = 16 * 2**20
"""Bytes that any archive may unpack to."""

_HEADER = 512
"""Bytes of a tar file that a member takes beside its content; many empty ones count too."""

_TAIL = 2**20
"""Bytes that are read after the members, to get to the checksum of a compressed archive."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar file, compressed or not, into an empty folder.

    Parameters
    ----------
    archive : Path
        The file.
    folder : Path
        Where to; it is made. Where an error is raised, what was unpacked until then is left in it.

    Raises
    ------
    ClipsafeError
        If a member leaves the folder, is a link or a device, the limit is passed, or the archive is broken or
        holds nothing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     with tarfile.open(f"{name}/a.tar", "w") as made:
    ...         made.addfile(tarfile.TarInfo("set/a.jpg"))
    ...     unpack(Path(name, "a.tar"), Path(name, "to"))
    ...     [path.name for path in Path(name, "to", "set").iterdir()]
    ['a.jpg']
    """
    unpacked = 0
    try:
        limit = EXPANSION * archive.stat().st_size + ALLOWANCE
        folder.mkdir(parents=True)
        with open_plain(archive) as plain, tarfile.open(fileobj=plain) as stream:
            for member in whole_members(stream):
                unpacked += member.size + _HEADER
                if not (member.isfile() or member.isdir()):
                    raise ClipsafeError(
                        f"{archive}: {member.name}: is a link or a device, neither is unpacked."
                    )
                if unpacked > limit:
                    raise ClipsafeError(
                        f"{archive}: unpacks to more than {limit:,} bytes, {EXPANSION} times its own size."
                    )
                stream.extract(member, folder, filter="data")
            _refuse_a_cut(stream)
        if not unpacked:
            raise ClipsafeError(f"{archive}: holds nothing, a tar file with files in it was expected.")
    except tarfile.FilterError as error:
        raise ClipsafeError(
            f"{archive}: {error.tarinfo.name}: would leave the folder; nothing is kept."
        ) from error
    except BROKEN_TAR as error:
        raise ClipsafeError(
            f"{archive}: is not a whole tar file ({first_line(error)}); delete it and get it again."
        ) from error
    except OSError as error:
        raise ClipsafeError(f"{archive}: cannot be unpacked ({error.strerror or error}).") from error


def _refuse_a_cut(stream: tarfile.TarFile) -> None:
    content = stream.fileobj
    assert content is not None
    content.seek(stream.offset)
    if not is_end(content.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError("it stops without an end")
    content.read(_TAIL)
