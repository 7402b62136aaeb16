"""Decodes one image in a process of its own, whose memory and time the kernel bounds.

A file of some kilobytes can decode to gigabytes or for minutes, in ways that differ by format. So
no list of such tricks stands here: whatever a file makes Pillow do, this process is ended at
`MEMORY_BYTES` or `CPU_SECONDS`, and its memory goes with it.

    python -I image_decoder.py MOST_PIXELS LONGEST_SIDE < file > reply

The reply is a line of JSON: ``{"extension", "width", "height"}``, and after it the bytes of the
image as re-encoded; or ``{"refused": kind, "pixels": number}``, where the kind is ``unknown``,
``pixels``, ``memory`` or ``damaged``. Nothing of the site is imported here: the start takes a
tenth of a second.
"""

import json
import resource
import sys
import warnings
from io import BytesIO
from itertools import product
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEMORY_BYTES = 300_000_000
"""Of address space, a quarter of which the interpreter takes."""
CPU_SECONDS = 10
MOST_SCANS = 64
"""Of a progressive JPEG. Cameras and editors write about ten; each costs a pass over all pixels."""
TILE_SIDE = 1000


def decode(data: bytes, most_pixels: int, longest_side: int) -> tuple[dict[str, Any], bytes]:
    """The reply's line, and the re-encoded image: its first frame, upright, without metadata.

    Raises:
        UnidentifiedImageError: it is none of `FORMATS`.
        Image.DecompressionBombError, MemoryError: it is too large.
        OSError, SyntaxError, ValueError, EOFError: it is damaged.
    """
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > most_pixels:
            return {"refused": "pixels", "pixels": width * height}, b""
        Image.MAX_IMAGE_PIXELS = most_pixels
        if opened.format == "JPEG" and data.count(b"\xff\xda") > MOST_SCANS:
            return {"refused": "damaged"}, b""
        opened.draft("RGB", (longest_side, longest_side))  # of JPEG: decode no more than is needed
        opened.load()
        transparent = opened.has_transparency_data
        is_photo = opened.format in {"JPEG", "WEBP"} and not transparent
        orientation = opened.getexif().get(0x0112, 1)
        picture = _small(opened, "RGBA" if transparent else "RGB", longest_side)
    picture.getexif()[0x0112] = orientation
    picture = ImageOps.exif_transpose(picture)
    picture.info = {}  # which would be written along: a colour profile, comments
    file = BytesIO()
    if is_photo:
        picture.save(file, "JPEG", quality=90)
    else:
        picture.save(file, "PNG")
    size = {"width": picture.width, "height": picture.height}
    return {"extension": "jpg" if is_photo else "png", **size}, file.getvalue()


def _small(opened: Image.Image, mode: str, longest_side: int) -> Image.Image:
    """A copy in that mode, no longer than that; never a second one of the full size."""
    factor = max(opened.size) // longest_side
    if factor < 2:
        picture = opened.convert(mode)
    else:
        width, height = opened.size
        picture = Image.new(mode, (-(-width // factor), -(-height // factor)))
        side = max(1, TILE_SIDE // factor) * factor
        for top, left in product(range(0, height, side), range(0, width, side)):
            tile = opened.crop((left, top, min(left + side, width), min(top + side, height)))
            picture.paste(tile.convert(mode).reduce(factor), (left // factor, top // factor))
    picture.thumbnail((longest_side, longest_side))
    return picture


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most_pixels, longest_side = map(int, sys.argv[1:])
    Image.MAX_IMAGE_PIXELS = None  # `decode` looks at what the file says, and Pillow at the rest
    warnings.simplefilter("ignore")  # what is odd about its metadata, which go anyway
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    reply: dict[str, Any]
    image = b""
    try:
        reply, image = decode(sys.stdin.buffer.read(), most_pixels, longest_side)
    except UnidentifiedImageError:
        reply = {"refused": "unknown"}
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        reply = {"refused": "memory"}
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, LookupError):
        reply = {"refused": "damaged"}  # as Pillow reports bad files
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n" + image)


if __name__ == "__main__":
    main()
