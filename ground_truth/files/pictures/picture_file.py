"""One picture file of a stranger: opened by the decoders of known formats only, whole, and of bounded size."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ....common.errors import DataError, UserError

ADVICE = "Replace it or take it out of the data."
MOST_PIXELS = 64_000_000  # of one picture, some 200 MB; a file of kilobytes can hold billions
# Pillow tries all formats that it knows whatever a file is called, and hands EPS to Ghostscript, which runs programs.
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "PPM")


@contextlib.contextmanager
def picture_file(source: Path | bytes, name: str, advice: str = ADVICE) -> Iterator[Any]:
    """Yields a Pillow image, whose pixels are decoded when the block first asks for them.

    source: path or content of a file.  name, advice: for messages.
    Raises DataError, from the block too, for anything but a whole picture in one of FORMATS of at most MOST_PIXELS."""
    from PIL import Image

    if isinstance(source, Path):
        require_file(source, advice)
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            picture = Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=FORMATS)
        with picture:
            if (pixels := picture.width * picture.height) > MOST_PIXELS:
                raise DataError(f"{name} has {pixels:,} pixels; expected at most {MOST_PIXELS:,}. {advice}")
            yield picture
    except (UserError, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        raise DataError(f"{name} is not a whole picture ({error}). {advice}") from error


def require_file(path: Path, advice: str = ADVICE) -> None:
    """Raises DataError for a link to nothing and for what is no file: opening a pipe may never end."""
    if not path.is_file():
        raise DataError(f"{path} is no file; expected a picture. {advice}")
