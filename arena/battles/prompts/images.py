"""Images of prompts: checked by decoding, re-encoded without metadata, kept out of the database.

Nobody but the voter and the models sees an image, and a moderator who reviews the voter, or a
report of the battle: it is served to these alone. A battle with one is never published.
"""

import base64
import hashlib
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction

from arena.battles.models import Battle, Image, Turn
from arena.battles.prompts import image_decoder

LONGEST_SIDE = 2048  # pixels of what is kept; models see no more
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


# An image takes as much memory as `image_decoder.MEMORY_BYTES`, and a core: so one at a time.
_decoding = threading.BoundedSemaphore()
DECODER_SECONDS = 60
DECODER_WAIT_SECONDS = 60


class DecoderBusy(Exception):
    """Too many images are waiting; the message says what to do."""


class ImageRefused(Exception):
    """The file cannot be sent as an image; the message says why."""


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image that was checked and re-encoded, and what it shows in its voter's words."""

    data: bytes
    extension: str
    width: int
    height: int
    alt: str


def checked(data: bytes, alt: str = "") -> NewImage:
    """The first frame of an uploaded image, upright and without metadata.

    It is decoded in a process of its own, one at a time in each web process, see
    `arena.battles.prompts.image_decoder`.

    Raises:
        ImageRefused: it is no PNG, JPEG, WebP or GIF, is damaged, or is too large.
        DecoderBusy: too many others are waiting to be decoded.
    """
    if len(data) > settings.ARENA.max_image_bytes:
        raise ImageRefused(
            f"The image has {len(data) / 1e6:.1f} MB;"
            f" at most {settings.ARENA.max_image_bytes / 1e6:.0f} MB are possible."
        )
    reply, image = _decoded(data)
    match reply.get("refused"):
        case None:
            return NewImage(image, reply["extension"], reply["width"], reply["height"], alt)
        case "unknown":
            raise ImageRefused("Only PNG, JPEG, WebP and GIF images can be sent.")
        case "pixels":
            raise ImageRefused(
                f"The image has {reply['pixels'] / 1e6:.0f} million pixels;"
                f" at most {settings.ARENA.max_image_pixels / 1e6:.0f} million are possible."
            )
        case "memory":
            raise ImageRefused("The image takes too much to decode. Please make it smaller.")
        case _:
            raise ImageRefused("The image is damaged or cut short.")


def _decoded(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What the decoder replies to a file, and the image that it wrote."""
    if not _decoding.acquire(timeout=DECODER_WAIT_SECONDS):
        raise DecoderBusy("Many images are being read. Please try again in a moment.")
    try:
        limits = [str(settings.ARENA.max_image_pixels), str(LONGEST_SIDE)]
        done = subprocess.run(
            [sys.executable, "-I", image_decoder.__file__, *limits],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=DECODER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": "memory"}, b""
    finally:
        _decoding.release()
    line, _, image = done.stdout.partition(b"\n")
    # It was ended by the kernel before it could reply.
    reply: dict[str, Any] = json.loads(line) if done.returncode == 0 else {"refused": "memory"}
    return reply, image


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
    theirs = Battle.objects.of_person(voter_id)
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
