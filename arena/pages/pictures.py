"""Pictures that other sites show beside a link to a page (Open Graph), drawn as PNG."""

import io
from collections.abc import Sequence
from hashlib import sha256

from django.conf import settings
from django.core.cache import caches
from django.utils.translation import gettext as _
from font_source_sans_pro import SourceSansPro
from font_source_serif_pro import SourceSerifProSemibold
from PIL import Image, ImageDraw, ImageFont

from arena.contestants.models import Contestant
from arena.leaderboards.reading.summaries import RankOnBoard
from arena.leaderboards.reading.view import LeaderboardRow

WIDTH, HEIGHT = 1200, 630  # what Open Graph's readers ask for
MARGIN = 72
PAPER, INK, SOFT, LINE = "#faf8f4", "#1d1b26", "#5c5868", "#e2dcd0"
SIDE_A, SIDE_B, OVERLAP = "#c2571b", "#0f7a86", "#f6efe2"
GAP = 40
FIRST_ROW = 284
ROWS = 6
ROW_HEIGHT = 52
SCALE = 4  # circles are drawn larger and made smaller, for smooth edges
CACHED_SECONDS = 24 * 3600
LETTERS = 0x530  # the fonts have Latin, Greek and Cyrillic ones

Lines = Sequence[tuple[str, str]]
"""What stands on the left of each line, and on the right."""


def board_picture(title: str, rows: Sequence[LeaderboardRow], votes: int) -> bytes:
    """The first contestants of a board with their ranks, ratings and intervals."""
    lines = [
        (f"{row.rank}  {printable(row.contestant.name, row.contestant.slug)}", rating(row))
        for row in rows[:ROWS]
    ]
    return _cached(title, _("%(votes)s blind votes") % {"votes": f"{votes:,}"}, lines)


def contestant_picture(contestant: Contestant, standings: Sequence[RankOnBoard]) -> bytes:
    """A contestant with its rank on its boards, or that it is preliminary there."""
    lines = [
        (
            standing.board.name,
            _("preliminary")
            if standing.row["marks"]
            else _("rank %(rank)d of %(of)d")
            % {"rank": standing.row["rank"], "of": standing.total},
        )
        for standing in standings[:ROWS]
    ]
    return _cached(
        printable(contestant.name, contestant.slug),
        printable(contestant.organisation, ""),
        lines or [(_("Not rated yet"), "")],
    )


def rating(row: LeaderboardRow) -> str:
    return f"{row.rating:.0f}  ({row.lower:.0f}\N{EN DASH}{row.upper:.0f})"


def printable(text: str, otherwise: str) -> str:
    """A text if the fonts have its letters."""
    return text if all(ord(letter) < LETTERS for letter in text) else otherwise


def _cached(title: str, about: str, lines: Lines) -> bytes:
    """The picture, drawn once for the same words."""
    words = repr((settings.ARENA.brand, title, about, lines))
    key = f"picture:{sha256(words.encode()).hexdigest()}"
    known: bytes | None = caches["default"].get(key)
    if known is None:
        known = drawn(title, about, lines)
        caches["default"].set(key, known, CACHED_SECONDS)
    return known


def drawn(title: str, about: str, lines: Lines) -> bytes:
    """A PNG of a heading and lines."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    room = WIDTH - 2 * MARGIN
    brand, heading, small, plain = (
        ImageFont.truetype(name, size)
        for name, size in (
            (SourceSerifProSemibold, 38),
            (SourceSerifProSemibold, 66),
            (SourceSansPro, 30),
            (SourceSansPro, 34),
        )
    )
    picture.paste(_mark(64), (MARGIN, 48))
    draw.text((MARGIN + 82, 80), settings.ARENA.brand, INK, brand, anchor="lm")
    draw.text((MARGIN, 178), _fitting(title, heading, room), INK, heading, anchor="lm")
    draw.text((MARGIN, 240), _fitting(about, small, room), SOFT, small, anchor="lm")
    for place, (left, right) in enumerate(lines):
        top = FIRST_ROW + place * ROW_HEIGHT
        draw.line((MARGIN, top, WIDTH - MARGIN, top), LINE, 2)
        middle = top + ROW_HEIGHT // 2
        draw.text((WIDTH - MARGIN, middle), right, SIDE_B, plain, anchor="rm")
        shown = _fitting(left, plain, room - plain.getlength(right) - GAP)
        draw.text((MARGIN, middle), shown, INK, plain, anchor="lm")
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _mark(size: int) -> Image.Image:
    """The site's mark: two answers that overlap, and a blindfold over both."""
    unit = size * SCALE / 32
    mark = Image.new("RGB", (size * SCALE, size * SCALE), PAPER)
    nothing = Image.new("L", mark.size, 0)
    circles = []
    for x, colour in ((11.5, SIDE_A), (20.5, SIDE_B)):
        circle = nothing.copy()
        edges = [edge * unit for edge in (x - 9.5, 6.5, x + 9.5, 25.5)]
        ImageDraw.Draw(circle).ellipse(edges, 255)
        mark.paste(colour, mask=circle)
        circles.append(circle)
    mark.paste(OVERLAP, mask=Image.composite(circles[0], nothing, circles[1]))
    ImageDraw.Draw(mark).rectangle([edge * unit for edge in (1, 13.5, 31, 18.5)], INK)
    return mark.resize((size, size), Image.Resampling.LANCZOS)


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """A text, cut where it would be wider than there is room."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
