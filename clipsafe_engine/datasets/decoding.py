"""From bytes to pixels, and finding out whether they are an image at all."""

import io
import warnings

from PIL import Image, UnidentifiedImageError

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_utils.errors import ClipsafeError

FORMATS = ("JPEG", "PNG", "WEBP")
"""The only decoders that bytes from outside reach: others of Pillow's start programs, as for PostScript."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for broken files; SyntaxError is its word for a broken PNG."""


def decoded(images: ImageList, index: int) -> Image.Image:
    """Return an image as RGB pixels without the border that the set may ask to cut.

    Raises
    ------
    ClipsafeError
        If the file cannot be read or is not a whole image.
    """
    encoded = images.read(index)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(encoded), formats=FORMATS).convert("RGB")
    except _BROKEN as error:
        raise ClipsafeError(f"{images.place(index)}: is not a whole image ({_reason(error)}).") from error
    border = images.crop_border
    return (
        picture.crop((border, border, picture.width - border, picture.height - border)) if border else picture
    )


def fault_of(encoded: bytes) -> str | None:
    """Say in a few words what is wrong with an encoded image; None if nothing is.

    A JPEG is decoded at an eighth of its size, which reads all of it; of a PNG the checksums are compared.

    Examples
    --------
    >>> fault_of(b"no image")
    'not an image'
    """
    if not encoded:
        return "empty file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(encoded), formats=FORMATS) as picture:
                if picture.format == "PNG":
                    picture.verify()
                else:
                    picture.draft("RGB", (picture.width // 8, picture.height // 8))
                    picture.load()
    except _BROKEN as error:
        return _reason(error)
    return None


def _reason(error: BaseException) -> str:
    return "not an image" if isinstance(error, UnidentifiedImageError) else str(error) or "broken"
