"""What a browser gets of a battle, without what differs in every battle."""

import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:\+00:00|Z)")


HTTP_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


TOKEN = re.compile(r"(?<=csrftoken=)\w{32}|(?<=content=\")\w{64}(?=\")")


LIMITS = re.compile(r"(?i)(?<=ratelimit: ).+")  # of the address that all of them come from


SO_FAR = re.compile(r"\d[\d,]* votes? so far")  # of all battles before, as of the last fit


SIGNED = re.compile(r"(?<=arena_voter=)[^;]+")


def normalised(text: str) -> str:
    """The text without what is random or a time in every battle."""
    for pattern, name in (
        (SIGNED, "VOTER"),
        (LIMITS, "LIMITS"),
        (SO_FAR, "VOTES"),
        (TOKEN, "TOKEN"),
        (UUID, "ID"),
        (STAMP, "STAMP"),
        (HTTP_DATE, "DATE"),
    ):
        text = pattern.sub(name, text)
    return text
