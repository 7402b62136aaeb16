"""Images of prompts: checked by decoding, written anew without metadata, kept out of the database.

Nobody but the voter and the models sees an image, and a moderator who reviews the voter, or a
report of the battle: it is served to these alone. A battle with one is never published.
"""

import base64
import hashlib
import uuid
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from arena.battles.models import Battle, Image, Turn
from arena.battles.selectors import of_voter

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LONGEST_SIDE = 2048  # pixels of what is kept; models see no more
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


class ImageRefused(Exception):
    """The file cannot be sent as an image; the message says why."""


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image that was checked and written anew, and what it shows in its voter's words."""

    data: bytes
    extension: str
    width: int
    height: int
    alt: str


def checked(data: bytes, alt: str = "") -> NewImage:
    """The first frame of an uploaded image, upright and without metadata.

    Raises:
        ImageRefused: it is no PNG, JPEG, WebP or GIF, is damaged, or is too large.
    """
    if len(data) > settings.ARENA_MAX_IMAGE_BYTES:
        raise ImageRefused(
            f"The image has {len(data) / 1e6:.1f} MB;"
            f" at most {settings.ARENA_MAX_IMAGE_BYTES / 1e6:.0f} MB are possible."
        )
    try:
        with warnings.catch_warnings(), Pillow.open(BytesIO(data), formats=FORMATS) as opened:
            warnings.simplefilter("ignore")  # what is odd about its metadata, which go anyway
            width, height = opened.size
            if width * height > settings.ARENA_MAX_IMAGE_PIXELS:
                raise ImageRefused(
                    f"The image has {width * height / 1e6:.0f} million pixels;"
                    f" at most {settings.ARENA_MAX_IMAGE_PIXELS / 1e6:.0f} million are possible."
                )
            opened.load()
            return _written_anew(opened, alt)
    except UnidentifiedImageError as error:
        raise ImageRefused("Only PNG, JPEG, WebP and GIF images can be sent.") from error
    except Pillow.DecompressionBombError as error:
        raise ImageRefused("The image has too many pixels.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # as Pillow tells of bad files
        raise ImageRefused("The image is damaged or cut short.") from error


def _written_anew(opened: Pillow.Image, alt: str) -> NewImage:
    upright = ImageOps.exif_transpose(opened)
    is_photo = opened.format in {"JPEG", "WEBP"} and not upright.has_transparency_data
    picture = upright.convert("RGB" if not upright.has_transparency_data else "RGBA")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info = {}  # which would be written along: a colour profile, comments
    file = BytesIO()
    if is_photo:
        picture.save(file, "JPEG", quality=90)
    else:
        picture.save(file, "PNG")
    return NewImage(file.getvalue(), "jpg" if is_photo else "png", *picture.size, alt)


def keep(turn: Turn, new: NewImage) -> None:
    """Keep the image of a turn. One that its voter sent before is kept only once."""
    digest = hashlib.sha256(turn.battle.voter_id.bytes + new.data).hexdigest()
    name, storage = f"{digest[:2]}/{digest}.{new.extension}", _storage()
    if not storage.exists(name):
        name = storage.save(name, ContentFile(new.data))
    Image.objects.create(turn=turn, name=name, width=new.width, height=new.height, alt=new.alt)


def remove_of(battle_ids: Collection[uuid.UUID]) -> None:
    """Remove the images of battles, and their files once nothing else needs them."""
    images = Image.objects.filter(turn__battle__in=battle_ids)
    names = set(images.values_list("name", flat=True))
    images.delete()
    transaction.on_commit(partial(_remove_files, names), robust=True)


def _remove_files(names: Collection[str]) -> None:
    needed = set(Image.objects.filter(name__in=names).values_list("name", flat=True))
    for name in set(names) - needed:
        _storage().delete(name)


def image_of(voter_id: uuid.UUID | None, image_id: uuid.UUID) -> Image | None:
    """A voter's own image, or None if it is not theirs."""
    if voter_id is None:
        return None
    theirs = Battle.objects.filter(of_voter(voter_id))
    return Image.objects.filter(turn__battle__in=theirs, pk=image_id).first()


def content(name: str) -> tuple[str, bytes]:
    """The content type and the bytes of an image, by its name in the storage."""
    with _storage().open(name) as file:
        return CONTENT_TYPES[name.rpartition(".")[2]], file.read()


def data_url(name: str) -> str:
    """An image as providers take it."""
    content_type, data = content(name)
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"


def _storage() -> Storage:
    return storages["images"]
