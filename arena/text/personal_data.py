"""Personal data and secrets in text: what a visitor should look at again before sending it.

A find is a warning, not a proof. Numbers must pass their check digits (python-stdnum) or their
country's numbering plan (phonenumbers), keys have the shape that their issuer gives them
(detect-secrets), and a password must be called one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import phonenumbers
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector
from stdnum import iban, luhn


class Kind(StrEnum):
    SECRET = "secret"  # noqa: S105 - a word, not one of them
    IBAN = "iban"
    CARD = "card"
    EMAIL = "email"
    PHONE = "phone"


class Recall(NamedTuple):
    """How many of the passages of a labelled set are found; `unseen` ones no rule was made for."""

    passages: int
    found: float
    unseen: int
    unseen_found: float


MEASURED = {
    Kind.SECRET: Recall(23, 1.0, 7, 1.0),
    Kind.IBAN: Recall(13, 1.0, 5, 1.0),
    Kind.CARD: Recall(12, 1.0, 4, 1.0),
    Kind.EMAIL: Recall(23, 1.0, 6, 1.0),
    Kind.PHONE: Recall(25, 0.96, 9, 0.889),
}
"""On the labelled set of the tests, which say when these figures are out of date."""


@dataclass(frozen=True, slots=True)
class Find:
    """A passage of a text; `start` and `end` count characters."""

    kind: Kind
    start: int
    end: int
    text: str


def find(text: str) -> list[Find]:
    """The personal data and secrets in `text`, in order and without overlaps."""
    taken: list[Find] = []
    for kind, search in _SEARCHES.items():
        for start, end in search(text):
            if all(end <= other.start or start >= other.end for other in taken):
                taken.append(Find(kind, start, end, text[start:end]))
    return sorted(taken, key=lambda found: found.start)


def scrub(text: str) -> str:
    """`text` with the name of its kind, such as ``[email]``, in place of each find."""
    parts, at = [], 0
    for found in find(text):
        parts += [text[at : found.start], f"[{found.kind}]"]
        at = found.end
    return "".join([*parts, text[at:]])


Spans = Iterator[tuple[int, int]]

# ---- keys and passwords ----

_ISSUERS: list[RegexBasedDetector] = [
    AWSKeyDetector(),
    AzureStorageKeyDetector(),
    DiscordBotTokenDetector(),
    GitHubTokenDetector(),
    GitLabTokenDetector(),
    MailchimpDetector(),
    OpenAIDetector(),
    PypiTokenDetector(),
    SendGridDetector(),
    SlackDetector(),
    SquareOAuthDetector(),
    StripeDetector(),
    TelegramBotTokenDetector(),
    TwilioKeyDetector(),
]
_KEYS = [
    # A whole private key, and not its first line alone.
    re.compile(
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)"
    ),
    *(
        re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern.pattern})", pattern.flags)
        for issuer in _ISSUERS
        for pattern in issuer.denylist
    ),
    # A JSON web token, whose end detect-secrets leaves open, and issuers that it does not know.
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"),
    re.compile(r"(?<![A-Za-z0-9])sk-(?:ant|proj|or)-[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}"),
    re.compile(r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    re.compile(r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}"),
    re.compile(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{40,}"),
]
_IN_ADDRESS = re.compile(r"://[^:/?#\[\]@\s]{1,100}:([^:/?#\[\]@\s]{1,100})@")
_CALLED_SO = re.compile(
    r"(?:pass(?:word|wort|wd|phrase|code)|pwd|kennwort|mot de passe|contraseña|senha|пароль|密码"
    r"|secret|token|(?:api|access|secret|private|auth)[ _-]?key)"
    r"(?:[\"'`]?\s{0,3}(?::=|=>|[:=\uff1a]|(?<=\s)(?:is|ist|est|es|è)\s)\s{0,3}[\"'`]?)"
    r"([^\s\"'`<>(){}\[\],;]{8,200})",
    re.IGNORECASE,
)
_MIXED = re.compile(r"\d.*[^\W\d_]|[^\W\d_].*\d")  # a letter and a figure
_PLACEHOLDER = re.compile(
    r"pass(?:word|wort)|token|secret|example|changeme|your|xxx|\.\.\.|\*\*\*|[$%]\{|^\$|^[\w$]+\.\D",
    re.IGNORECASE,
)


def _secrets(text: str) -> Spans:
    for pattern in _KEYS:
        for match in pattern.finditer(text):
            yield match.span()
    for match in _IN_ADDRESS.finditer(text):
        if not _PLACEHOLDER.search(match[1]):
            yield match.span(1)
    for match in _CALLED_SO.finditer(text):
        value = match[1].rstrip(".,:!?")
        if _MIXED.search(value) and not _PLACEHOLDER.search(value):
            yield match.start(1), match.start(1) + len(value)


# ---- numbers with check digits ----

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_CARD = re.compile(
    r"(?<![\w.,+/-])(?:"
    r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|4[4-9]\d|5\d\d)|35[2-8]\d|62\d\d)"
    r"(?P<gap>[ -]?)\d{4}(?P=gap)\d{4}(?P=gap)\d{4}"
    r"|3[47]\d{2}(?P<gap15>[ -]?)\d{6}(?P=gap15)\d{5}"
    r")(?![\w-]|[.,]\d)"
)


def _ibans(text: str) -> Spans:
    for match in _IBAN.finditer(text):
        # The words that follow may be as large as the number: the longest valid one it is.
        for end in range(match.end(), match.start() + 14, -1):
            if text[end - 1].isalnum() and not text[end : end + 1].isalnum():
                number = text[match.start() : end]
                if iban.is_valid(number, check_country=False):
                    yield match.start(), end
                    break


def _cards(text: str) -> Spans:
    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub(r"[ -]", "", match[0])):
            yield match.span()


# ---- e-mail addresses ----

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9À-ɏ._%+-])[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ._%+'-]{0,62}[A-Za-z0-9À-ɏ_-])?"
    r"@(?:[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,62})\.){1,8}([A-Za-zÀ-ɏ]{2,24})(?![A-Za-z0-9À-ɏ-])"
)
_SPELT_OUT = re.compile(
    r"\b\w{1,40}(?: dot \w{1,40}){0,3} at \w{1,40}(?: dot \w{1,40}){0,3} dot [a-z]{2,6}\b"
    r"|\b[\w.+-]{1,64} ?[\[(] ?at ?[\])] ?[\w-]{1,63}(?: ?[\[(] ?dot ?[\])] ?[\w-]{2,63}){1,4}",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:git|no-?reply)@|[@.](?:example|domain|company)\.\w+$"
    r"|\.(?:example|test|invalid|local|localhost|internal|tld|png|jpe?g|gif|svg|webp|py|js)$",
    re.IGNORECASE,
)


def _emails(text: str) -> Spans:
    for match in _EMAIL.finditer(text):
        if not _NOBODY.search(match[0]):
            yield match.span()
    for match in _SPELT_OUT.finditer(text):
        yield match.span()


# ---- telephone numbers ----

_DIGITS = re.compile(
    r"(?<![\w.,+/=#:-])(?:\+\d|00[1-9]|\(?\d)(?:[ ./-]?[ ]?\(?\d\)?){5,15}(?![\w-]|[.,:/]\d)",
    re.ASCII,
)
_CUE = re.compile(
    r"\b(?:phone|tel|telefon\w*|tel[eé]fono|t[eé]l[eé]phone|mobil\w*|cell|cellulare"
    r"|handy\w*|fax|whatsapp|signal|sms|num[eé]ro|n[uú]mero|m[oó]vil|celular|(?:contact|my) number"
    r"|ll[aá]ma\w*|ruf\w*|(?:call|ring|text|reach|dial) (?:me|us|him|her|them|at|on))\b"
    r"|телефон|тел\.|手机|电话|電話|मोबाइल|फ़ोन",
    re.IGNORECASE,
)
_CUE_REACH = 24  # characters between a cue and its number
_NORTH_AMERICAN = re.compile(r"\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}")
_COUNTRIES = (
    *("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "PL", "PT", "SE"),
    *("BR", "MX", "AR", "IN", "CN", "JP", "KR", "RU", "TR", "AU", "ZA"),
)


def _phones(text: str) -> Spans:
    for match in _DIGITS.finditer(text):
        number = match[0]
        if number.count("(") != number.count(")"):
            number = number.strip("()")
        start = text.index(number, match.start())
        end = start + len(number)
        if number.startswith(("+", "00")):
            if _dials(re.sub(r"^00", "+", number), None):
                yield start, end
        elif _NORTH_AMERICAN.fullmatch(number):
            if _dials(number, "US"):
                yield start, end
        elif _CUE.search(text, max(0, start - _CUE_REACH), start) and any(
            _dials(number, country) for country in _COUNTRIES
        ):
            yield start, end


def _dials(number: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


_SEARCHES: dict[Kind, Callable[[str], Spans]] = {
    Kind.SECRET: _secrets,
    Kind.IBAN: _ibans,
    Kind.CARD: _cards,
    Kind.EMAIL: _emails,
    Kind.PHONE: _phones,
}
"""Where two kinds overlap, the first one here has it."""
