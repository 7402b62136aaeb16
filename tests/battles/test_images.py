"""Images of prompts: hostile files are refused or made harmless, models that take them get them."""

import base64
import json
import resource
import struct
import uuid
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow
from PIL import ImageDraw

from arena.battles.erasure import erase_texts
from arena.battles.generation.worker import generate
from arena.battles.models import Answer, Battle, Image
from arena.battles.prompts import image_decoder
from arena.battles.prompts.images import ImageRefused, checked
from arena.battles.reading import conversations
from arena.battles.turns import continue_battle, regenerate
from arena.battles.voting.cast import cast_vote
from arena.contestants.models import Call
from arena.leaderboards.models import Outcome
from tests.arena_settings import ChangeSettings
from tests.factories import Registered, answer_all
from tests.openai_server import OpenAIServer

SCRIPT = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"


def encoded(file_format: str = "PNG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """An image whose left half is red and whose right half is blue."""
    mode = options.pop("mode", "RGB")
    picture = Pillow.new(mode, size, (0, 0, 255, 99)[: len(mode)])
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    file = BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def opened(data: bytes) -> Pillow.Image:
    picture = Pillow.open(BytesIO(data))
    picture.load()
    return picture


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png_of(side: int) -> bytes:
    """A black square: 30,000 by 30,000 pixels take about 110 kB."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((1 + side // 8) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small image with a comment of 80 MB, packed."""
    whole = encoded()
    text = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(80_000_000), 9))
    return whole[:33] + text + whole[33:]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: b"", "Only PNG"),
        (lambda: b"no image at all", "Only PNG"),
        (lambda: SVG, "Only PNG"),
        (lambda: b"<!DOCTYPE html>" + SCRIPT, "Only PNG"),
        (lambda: b"%PDF-1.7\n" + bytes(200), "Only PNG"),
        (lambda: encoded("TIFF"), "Only PNG"),
        (lambda: encoded("BMP"), "Only PNG"),
        (lambda: png_of(30_000), "900 million pixels; at most 24 million"),
        (lambda: png_of(5_000), "25 million pixels; at most 24 million"),
        (text_bomb, "damaged"),
        (lambda: encoded("JPEG")[:-200], "damaged"),
        (lambda: encoded("PNG", (400, 200))[:-60], "damaged"),
        (lambda: encoded("WEBP")[:30], "Only PNG|damaged"),
        (lambda: b"\x89PNG\r\n\x1a\n" + SVG, "Only PNG|damaged"),
        (lambda: encoded("PNG") + bytes(5_000_000), r"5\.0 MB; at most 5 MB"),
    ],
)
def test_files_that_are_no_good_image_are_refused(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(ImageRefused, match=says):
        checked(make())


def animated(file_format: str, size: tuple[int, int], number: int = 3) -> bytes:
    frames = [Pillow.new("RGBA", size, (index, 0, 0, 99)) for index in range(number)]
    file = BytesIO()
    frames[0].save(file, file_format, save_all=True, append_images=frames[1:])
    return file.getvalue()


def profile_bomb() -> bytes:
    """A small image with a colour profile of 80 MB, packed."""
    whole = encoded()
    profile = png_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(80_000_000), 9))
    return whole[:33] + profile + whole[33:]


def scans_bomb() -> bytes:
    """A progressive JPEG that repeats its scans: each costs a pass over all pixels."""
    photo = encoded("JPEG", (3000, 2000), progressive=True)
    begin = photo.rindex(b"\xff\xda")
    return photo[:begin] + photo[begin:-2] * 2000 + photo[-2:]


def lying_gif() -> bytes:
    """A GIF whose screen is tiny and whose frame says that it is 65,535 pixels wide and high."""
    whole = bytearray(encoded("GIF", (4, 4)))
    at = whole.index(b"\x2c", 13 + 3 * 2 ** ((whole[10] & 7) + 1))
    whole[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    return bytes(whole)


@pytest.mark.parametrize(
    "make",
    [
        lambda: encoded("WEBP", (6000, 4000)),
        lambda: encoded("WEBP", (6000, 4000), mode="RGBA", lossless=True),
        lambda: animated("WEBP", (6000, 4000)),
        text_bomb,
        profile_bomb,
        scans_bomb,
        lying_gif,
    ],
)
def test_what_decodes_to_far_more_than_it_seems_is_refused_or_harmless(
    make: Callable[[], bytes],
) -> None:
    """Whatever it is, neither this process nor the decoder takes more than it may."""
    data = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        assert len(checked(data).data) < 20_000_000
    except ImageRefused as refusal:
        assert str(refusal).startswith("The image")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_pixels_of_the_largest_size_is_taken(mode: str) -> None:
    file = BytesIO()
    Pillow.new(mode, (6000, 4000)).save(file, "PNG")
    kept = checked(file.getvalue())
    assert (kept.width, kept.height) == (2048, 1365)


@pytest.mark.parametrize("size", [(12_000_000, 2), (2, 12_000), (2049, 2048), (4096, 1), (2, 1)])
def test_every_shape_is_taken(size: tuple[int, int]) -> None:
    kept = checked(encoded("PNG", size))
    assert max(kept.width, kept.height) == min(2048, max(size))
    assert opened(kept.data).size == (kept.width, kept.height)


def test_a_large_image_keeps_its_colours_where_they_were() -> None:
    kept = opened(checked(encoded("PNG", (5000, 3000))).data).convert("RGB")
    assert kept.getpixel((1000, 600)) == (255, 0, 0)
    assert kept.getpixel((1040, 600)) == (0, 0, 255)


def test_metadata_go_after_the_picture_was_turned_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    exif[0x010F] = "Camera of Ann"
    profile = b"Profile of Ann" + bytes(200)
    photo = encoded("JPEG", exif=exif, comment=b"Ann was here", icc_profile=profile)
    assert photo.count(b"Ann") == 3
    kept = checked(photo)
    assert (kept.extension, kept.width, kept.height) == ("jpg", 20, 40)
    assert b"Ann" not in kept.data and b"Exif" not in kept.data
    shown = opened(kept.data)
    assert not shown.getexif() and "icc_profile" not in shown.info
    red, _, blue = shown.getpixel((10, 5))  # type: ignore[misc]  # a tuple, of RGB
    assert red > 200 > 60 > blue


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "WEBP", "JPEG"])
def test_what_hangs_on_a_valid_image_is_left_behind(file_format: str) -> None:
    kept = checked(encoded(file_format) + SCRIPT + b"PK\x03\x04")
    assert SCRIPT not in kept.data and b"PK\x03\x04" not in kept.data
    assert opened(kept.data).format == {"png": "PNG", "jpg": "JPEG"}[kept.extension]


def test_the_first_frame_stays_transparency_stays_and_large_ones_shrink() -> None:
    frames = [Pillow.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    first = opened(checked(file.getvalue()).data)
    assert getattr(first, "n_frames", 1) == 1
    assert first.convert("RGB").getpixel((4, 4)) == (255, 0, 0)
    see_through = checked(encoded("WEBP", mode="RGBA"))
    assert opened(see_through.data).mode == "RGBA"
    large = checked(encoded("PNG", (4000, 1000)))
    assert (large.width, large.height) == (2048, 512)


# ---- the way of an image ----


def ask(client: Client, data: bytes, **values: Any) -> Any:
    file = SimpleUploadedFile("../../holiday.png", data)
    return client.post("/api/v1/battles", {"prompt": "What is it?", "image": file, **values})


@pytest.fixture
def takers(contestant: Registered, arena_settings: ChangeSettings) -> None:
    arena_settings(gold_one_in=0)
    for slug in ("one", "two"):
        contestant(slug, takes_images=True)
    for slug in ("three", "four", "five", "six"):
        contestant(slug)


@pytest.mark.django_db
def test_a_bad_file_is_a_clear_problem_and_opens_nothing(takers: None, client: Client) -> None:
    for data, says in ((SVG, "Only PNG"), (encoded()[:60], "damaged")):
        response = ask(client, data)
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        assert error["pointer"] == "#/image" and says in error["detail"]
    response = ask(client, encoded(), contestants=["one", "three"])
    assert response.json()["errors"][0]["detail"] == "Three takes no images."
    assert not Battle.objects.exists() and storages["images"].listdir("")[0] == []


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", [[], ["three"], ["one", "three"]])
def test_an_image_that_nobody_takes_is_not_decoded(
    contestant: Registered, client: Client, monkeypatch: pytest.MonkeyPatch, chosen: list[str]
) -> None:
    contestant("one", takes_images=True)
    contestant("three")
    monkeypatch.setattr(image_decoder, "__file__", "/no/such/program")
    response = ask(client, encoded(), contestants=chosen)
    assert response.status_code == (400 if chosen else 503)
    assert not Battle.objects.exists()


def exported_by(client: Client) -> Any:
    response = client.get("/account/export/")
    with pytest.warns(Warning, match="consume asynchronous iterators"):  # of this client alone
        return json.loads(b"".join(response))["battles"]


@pytest.mark.django_db
def test_a_lost_file_costs_only_itself(takers: None, client: Client) -> None:
    url = ask(client, encoded()).json()["turns"][0]["image"]["url"]
    storages["images"].delete(Image.objects.get().name)
    assert client.get(url).status_code == 404
    assert exported_by(client)[0]["turns"][0]["image"]["url"] == url


@pytest.mark.django_db
def test_only_its_voter_sees_it_and_erasure_takes_it(
    takers: None, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    opened_ones = [ask(client, encoded(), image_alt="Two colours", publish=True) for _ in range(2)]
    assert [response.status_code for response in opened_ones] == [201, 201]
    battle = Battle.objects.order_by("created_at")[0]
    shown = opened_ones[0].json()["turns"][0]["image"]
    assert (shown["alt"], shown["width"], shown["height"]) == ("Two colours", 40, 20)
    served = client.get(shown["url"])
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert opened(served.content).size == (40, 20)
    assert Client().get(shown["url"]).status_code == 404
    assert shown["url"] in client.get("/account/battles/").content.decode()

    answer_all(battle)
    regenerate(battle.voter_id, battle.pk)
    answer_all(battle)
    assert Image.objects.filter(turn__battle=battle).count() == 2  # both times of one file
    assert len(Image.objects.values("name").distinct()) == 1
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    assert battle.may_publish and conversations.conversation_of(battle.pk) is None

    document = exported_by(client)
    assert [battle["turns"][0]["image"]["alt"] for battle in document] == ["Two colours"] * 2
    inlined = document[1]["turns"][0]["image"]["url"]
    assert inlined == f"data:image/png;base64,{base64.b64encode(served.content).decode()}"

    name = Image.objects.values_list("name", flat=True)[0]
    assert storages["images"].exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        erase_texts(battle.voter_id)
    assert not Image.objects.exists() and not storages["images"].exists(name)
    assert client.get(shown["url"]).status_code == 404


@pytest.mark.django_db(transaction=True)  # generation closes its connection
def test_models_that_take_images_get_it_in_every_turn(
    takers: None, client: Client, openai_server: OpenAIServer
) -> None:
    response = ask(client, encoded("JPEG", comment=b"Ann was here"))
    battle = Battle.objects.get()
    pair = {battle.contestant_a.slug, battle.contestant_b.slug}
    assert pair == {"one", "two"}
    for answer in Answer.objects.filter(turn__battle=battle):
        generate(answer.pk)
    continue_battle(battle.voter_id, uuid.UUID(response.json()["id"]), "And on the right?")
    for answer in Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING):
        generate(answer.pk)
    asked = [request.body["messages"] for request in openai_server.requests[-4:]]
    assert [len(messages) for messages in asked] == [1, 1, 3, 3]
    for messages in asked:
        text, image = messages[0]["content"]
        assert text == {"type": "text", "text": "What is it?"}
        assert image["type"] == "image_url"
        head, _, body = image["image_url"]["url"].partition(",")
        assert head == "data:image/jpeg;base64"
        sent = base64.b64decode(body)
        assert opened(sent).size == (40, 20) and b"Ann" not in sent
    assert asked[3][2]["content"] == "And on the right?"
    assert Call.objects.filter(prompt_tokens__gt=0).count() == 4
