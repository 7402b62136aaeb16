"""The manner of a model: what its answers wear, whatever they say; and another's answer in it.

Riggers tell models by what is said in passing: how an answer opens and closes, how lists, their
heads and titles are marked. Of these a manner holds what can be put on another model's answer while
its content stays as it is. Where Markdown means the same ("-" and "*"), readers see no change.

A phrase is of a model's manner if it comes in the answers to several voters, often, and oftener
than in those of the other models: by the log-odds with an informative prior of Monroe, Colaresi and
Quinn 2008, "Fightin' Words", Political Analysis 16(4), section 3.5.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from arena.text import personal_data
from arena.text.span import Span

FEWEST_VOTERS = 5
"""A phrase of fewer may be of their conversations, and a habit of fewer is none."""

OFTEN = 0.02
"""Least share of a model's answers that its phrases are in."""

KEPT_TO = 0.8
"""Least share of the answers with a list, a head or a title in which a habit is kept to."""

TOLD = 1.96
"""Least standard score of the log-odds of a phrase that tells its model from the others."""

PRIOR = 20.0
"""Weight of all models' answers together in the log-odds, in answers."""

LONGEST = 60  # characters of a phrase
MOST_WORDS = 8
MOST_PHRASES = 20  # of an opening or a closing, that are known of one model
FEWEST_CHARS = 40
"""Of a first line that an opening is put before: a word alone is asked for, not said in passing."""

BEGINNING = 120
"""Characters of a line by which it is seen what it is, and how many are held back at the end."""

_STOPS = ".!?。！？"  # noqa: RUF001 - Chinese
_SENTENCE = re.compile(rf"[^\n]*?[{_STOPS}](?=\s|$)")
_PHRASE = re.compile(rf"[^\W\d_][^\d*_#`<>\[\]{{}}|$\\/@:]+[{_STOPS}]")
_ENDS_WHOLE = re.compile(rf"[{_STOPS})*`]$")
# Every pattern is bounded: what it says of a line shows in its first BEGINNING characters.
_FENCE = re.compile(
    r"[ \t]{0,40}(?:`{3,20}(?![^\n]{0,60}`)|~{3,20})|[ \t]{0,3}\$\$(?![^\n]{0,100}\$\$)"
    r"|[ \t]{0,3}\\\[(?![^\n]{0,100}\\\])|[ \t]{0,3}\\begin\{[a-zA-Z]{1,12}\*?\}"
)
_RULE = re.compile(r"[ \t]{0,3}([-*_])(?:[ \t]{0,3}\1){2,20}[ \t]{0,9}$")
_ITEM = re.compile(r"([ \t]{0,40})([-*]|\d{1,3}[.)])([ \t]{1,4})(?=\S)")
_HEAD = re.compile(
    r"\*\*(?P<b>[^*:\n]{1,40})(?:\*\*:|:\*\*)(?=\s|$)|(?P<p>[^*_`:\[\]\n]{1,40}):(?=\s|$)"
)
_TITLE = re.compile(
    r"(?:#{1,6}[ \t]{1,4}(?P<n>\S[^\n]{0,80}?)|\*\*(?P<b>[^*\n]{1,80}[^*\n.!?])\*\*:?)[ \t]{0,9}$"
)
_BLOCK = re.compile(
    r"[ \t]{0,40}(?:```|~~~|\$\$|#{1,6}[ \t]|[|>]|[-*•][ \t]|\d{1,3}[.)][ \t]|\*\*)"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """What one model's answers wear; empty where it has no habit that tells it.

    `openings` and `closings` are all of its common ones: they come off its answers when those wear
    another manner.
    """

    opening: str = ""
    closing: str = ""
    openings: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    bullet: str = ""
    """The mark of list items: a hyphen or an asterisk."""
    head: str = ""
    """How the head of a list item is marked, with braces for the head: "**{}**:", "{}:"."""
    title: str = ""
    """How titles are marked: number signs, or two asterisks for a line in bold."""

    def __bool__(self) -> bool:
        """Whether there is anything to wear."""
        return any((self.opening, self.closing, self.bullet, self.head, self.title))


class Worn(NamedTuple):
    """What one answer wears, as in `Manner`; of marks that which most have."""

    opening: str
    closing: str
    bullet: str
    head: str
    title: str

    def without_phrases(self) -> "Worn":
        return self._replace(opening="", closing="")


def worn(text: str) -> Worn:
    """What an answer wears."""
    text = text.strip()
    bullets, heads, titles = Counter[str](), Counter[str](), Counter[str]()
    for line in _prose(text):
        if _RULE.match(line):
            continue
        if item := _ITEM.match(line):
            if item[2] in "-*":
                bullets[item[2]] += 1
            if head := _HEAD.match(line, item.end()):
                heads[_form(head)] += 1
        elif title := _TITLE.match(line):
            titles["**" if title["b"] else line[: -len(line.lstrip("#"))]] += 1
    first = _SENTENCE.match(text)
    *_, last = ["", *_SENTENCE.findall(text[-2 * LONGEST :].rpartition("\n")[2])]
    return Worn(
        _phrase(first[0] if first else ""),
        _phrase(last.strip() if text.endswith(last) else ""),
        *(most.most_common(1)[0][0] if most else "" for most in (bullets, heads, titles)),
    )


def _form(head: re.Match[str]) -> str:
    """How the head of a list item is marked, as in `Manner`."""
    return head[0].replace(head["b"] or head["p"], "{}", 1)


def _phrase(sentence: str) -> str:
    """The sentence if it is short and nothing but words, else nothing."""
    short = len(sentence) <= LONGEST and len(sentence.split()) <= MOST_WORDS
    return sentence if short and _PHRASE.fullmatch(sentence) else ""


def _prose(text: str) -> Iterator[str]:
    """The lines of a text that are not of code."""
    fence = ""
    for line in text.split("\n"):
        before, fence = fence, _fenced(line, fence)
        if not before and not fence:
            yield line


def _fenced(line: str, fence: str) -> str:
    """What a block of code or mathematics was fenced with that is open after this line, if one is.

    Args:
        fence: the same before it.
    """
    found = _FENCE.match(line)
    mark = found[0].strip() if found else ""
    if not fence:
        return mark
    if fence.startswith("\\"):
        closer = "\\]" if fence == "\\[" else fence.replace("begin", "end")
        return "" if closer in line else fence
    closes = mark.startswith(fence) and line.strip() == mark
    return "" if closes else fence


Answers = Sequence[tuple[Hashable, Worn]]
"""What the answers of a model wear, each with the voter who was answered."""


def learn(models: Mapping[int, Answers], unfit: Callable[[str], bool]) -> dict[int, Manner]:
    """The manners of models that have one, or whose own phrases come off.

    Args:
        models: their answers, by an id.
        unfit: whether a phrase must not be worn, such as one that tells who wrote it.
    """
    found = {}
    phrases = {part: _told(models, part, unfit) for part in ("opening", "closing")}
    for model, answers in models.items():
        openings, closings = (phrases[part][model] for part in ("opening", "closing"))
        manner = Manner(
            opening=openings.best,
            closing=closings.best,
            openings=openings.common,
            closings=closings.common,
            **{part: _habit(answers, part) for part in ("bullet", "head", "title")},
        )
        if manner or manner.openings or manner.closings:
            found[model] = manner
    return found


class _Phrases(NamedTuple):
    best: str
    common: tuple[str, ...]


def _told(
    models: Mapping[int, Answers], part: str, unfit: Callable[[str], bool]
) -> dict[int, _Phrases]:
    """Each model's common phrases, and of them the one that tells it best from the others."""
    counts = {
        model: Counter(getattr(wears, part) for _, wears in answers)
        for model, answers in models.items()
    }
    pool = sum(counts.values(), Counter[str]())
    found = {}
    for model, answers in models.items():
        voters: dict[str, set[Hashable]] = {}
        for voter, wears in answers:
            voters.setdefault(getattr(wears, part), set()).add(voter)
        common = [
            phrase
            for phrase, _ in counts[model].most_common()
            if phrase and len(voters[phrase]) >= FEWEST_VOTERS and not personal_data.find(phrase)
        ][:MOST_PHRASES]
        scores = {
            phrase: _score(counts[model], pool, phrase)
            for phrase in common
            if counts[model][phrase] >= OFTEN * len(answers) and not unfit(phrase)
        }
        best = max(scores, key=scores.__getitem__, default="")
        found[model] = _Phrases(best if scores.get(best, 0.0) >= TOLD else "", tuple(common))
    return found


def _score(own: Counter[str], pool: Counter[str], phrase: str) -> float:
    """The standard score of the log-odds of a phrase in a model's answers against the others'."""
    prior = PRIOR * pool[phrase] / pool.total()
    here, there = own[phrase] + prior, pool[phrase] - own[phrase] + prior
    without = PRIOR + 1 - prior  # one answer at least, for a phrase that is in all
    others = pool.total() - own.total()
    odds_here = here / (own.total() - own[phrase] + without)
    odds_there = there / (others - pool[phrase] + own[phrase] + without)
    odds = math.log(odds_here / odds_there)
    return odds / math.sqrt(1 / here + 1 / there)


def _habit(answers: Answers, part: str) -> str:
    """How nearly all of a model's answers with such a mark have it, if they do."""
    marked = [(getattr(wears, part), voter) for voter, wears in answers if getattr(wears, part)]
    if not marked:
        return ""
    ((most, times),) = Counter(mark for mark, _ in marked).most_common(1)
    voters = {voter for mark, voter in marked if mark == most}
    return most if times >= KEPT_TO * len(marked) and len(voters) >= FEWEST_VOTERS else ""


class Dresser:
    """Gives an answer back as it comes, in the manner `wears` in place of its `own`.

    Code stays as it is. The same text becomes the same, however it is cut into pieces. The
    beginning of a line is held back until it is seen what it is, and so is what may be a closing.
    """

    def __init__(self, wears: Manner, own: Manner) -> None:
        self._wears = wears
        self._own = own
        self._line = ""  # the beginning of a line of which it is not seen yet what it is
        self._rest_stays = False  # the rest of this line stays as it is
        self._held = ""  # what may be the closing
        self._began = False
        self._taken_off = ""  # an opening, put back if it was the whole answer
        self._fence = ""
        self._column = 0  # where the text of the last list item begins
        self._bullets: set[str] = set()
        self.changes = 0
        """How many things it changed."""
        self.seen = 0
        """How many of them readers see: all but the marks of list items."""
        self.seen_span: Span | None = None
        """Where the first one that readers see stands in what was given back."""
        self.marks_span: Span | None = None
        """Where the first one stands that they do not see."""
        self._given = 0  # characters given back so far

    def feed(self, text: str) -> str:
        """What can be shown once this text has come."""
        for piece in _pieces(text):
            self._take(piece)
        shown = self._held[:-BEGINNING]
        self._held = self._held[len(shown) :]
        self._given += len(shown)
        return shown

    def end(self) -> str:
        """What was held back for more to come."""
        line, self._line = self._line, ""
        if not self._rest_stays:
            self._hold_dressed(line)
        held, self._held = self._held, ""
        if not self._began:
            self.changes = self.seen = 0
            self.seen_span = self.marks_span = None
            return self._taken_off
        if self.changes and len(self._bullets) > 1:
            self.seen += 1  # lists that were two may be one now
        if self._fence:
            return held
        seen, closed = self.seen, self._closed(held)
        if self.seen > seen and self.seen_span is None:
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(held, closed, strict=False))
            kept = sum(1 for _ in alike)
            self.seen_span = Span(self._given + kept, self._given + len(closed))
        return closed

    def _take(self, piece: str) -> None:
        """Take up a piece of one line, or its end."""
        if piece == "\n":
            line, self._line = self._line, ""
            if not self._rest_stays:
                self._hold_dressed(line)
            self._rest_stays = False
            self._held += piece if self._began else ""
        elif self._rest_stays:
            self._held += piece
        else:
            self._line += piece if self._began or self._line else piece.lstrip()
            if len(self._line) > BEGINNING:
                self._hold_dressed(self._line)
                self._line, self._rest_stays = "", True

    def _hold_dressed(self, line: str) -> None:
        """Hold a line, or the beginning of a long one, as it is worn; note where it changed."""
        changes, seen = self.changes, self.seen
        start = self._given + len(self._held)
        self._held += self._dressed(line)
        span = Span(start, self._given + len(self._held))
        merged = self.changes and len(self._bullets) > 1  # lists that were two may be one now
        if self.seen > seen or merged:
            self.seen_span = self.seen_span or span
        elif self.changes > changes:
            self.marks_span = self.marks_span or span

    def _dressed(self, line: str) -> str:
        """A line, or the beginning of a long one, as it is worn."""
        opening = ""
        if not self._began and line and not self._taken_off:
            opening, line = self._opened(line)
            if opening:
                start = self._given + len(self._held)
                self.seen_span = Span(start, start + len(opening.rstrip()))
        self._began = self._began or bool(opening or line)
        return opening + self._marked(line)

    def _opened(self, line: str) -> tuple[str, str]:
        """The opening that is worn, and the rest of the first line."""
        wears = self._wears
        kept = {wears.opening, *wears.openings}
        for known in sorted({*self._own.openings, *kept} - {""}, key=len, reverse=True):
            word = known.rstrip(_STOPS)
            if line.startswith(known) and line[len(known) : len(known) + 1].strip() == "":
                if known in kept:
                    return "", line
                rest = line[len(known) :]
            elif line.startswith(f"{word}, "):
                if known in kept:
                    return "", line
                rest = line[len(word) + 1 :]
                rest = rest[:2].upper() + rest[2:]
            else:
                continue
            self._count(seen=True)
            if wears.opening:
                return wears.opening, rest
            self._taken_off = known
            return "", rest.lstrip()
        if not wears.opening or not _may_follow_an_opening(line):
            return "", line
        self._count(seen=True)
        return wears.opening + ("\n\n" if _BLOCK.match(line) else " "), line

    def _marked(self, line: str) -> str:
        """A line with the marks that are worn."""
        before, self._fence = self._fence, _fenced(line, self._fence)
        if before or self._fence or _RULE.match(line):
            return line
        marked = line
        if item := _ITEM.match(line):
            if len(item[1].expandtabs(4)) >= self._column + 4:
                return line  # code, by its indentation
            self._column = len(item[0].expandtabs(4))
            text, bullet = line[item.end() :], item[2]
            if bullet in "-*" and text.strip(" -*"):  # else three of them might be a rule
                self._bullets.add(bullet)
                bullet = self._wears.bullet or bullet
            headed = self._headed(text)
            marked = item[1] + bullet + item[3] + headed
            self._count(marked != line, seen=headed != text)
        elif line.strip():
            self._column = self._column if line[0].isspace() else 0
            marked = self._titled(line)
            self._count(marked != line, seen=marked != line)
        return marked

    def _count(self, changed: bool = True, *, seen: bool) -> None:
        self.changes += changed
        self.seen += seen

    def _headed(self, text: str) -> str:
        """The text of a list item, its head as it is worn."""
        head = _HEAD.match(text)
        if not head or not self._wears.head:
            return text
        return self._wears.head.format(head["b"] or head["p"]) + text[head.end() :]

    def _titled(self, line: str) -> str:
        """A line that may be a title, as it is worn."""
        title = _TITLE.match(line)
        if not title or not self._wears.title:
            return line
        if self._wears.title == "**":
            return f"**{title['n'].replace('**', '')}**" if title["n"] else line
        return f"{self._wears.title} {title['b']}" if title["b"] else line

    def _closed(self, text: str) -> str:
        """The end of the answer with the closing that is worn."""
        wears = self._wears
        kept = {wears.closing, *wears.closings} - {""}
        whole = text.rstrip()
        if any(whole.endswith(closing) for closing in kept):
            return text
        for known in sorted(self._own.closings, key=len, reverse=True):
            rest = whole.removesuffix(known)
            if rest != whole and rest[-1:].isspace():
                whole = rest.rstrip()
                self._count(seen=True)
                break
        if wears.closing and _ENDS_WHOLE.search(whole):
            self._count(seen=True)
            return f"{whole}\n\n{wears.closing}"
        return text if whole == text.rstrip() else whole


def _may_follow_an_opening(line: str) -> bool:
    """Whether a first line is one of prose, or a title or list: no data, code, or bare answer."""
    if _FENCE.match(line) or line[0] in "{[<|":
        return False
    return bool(_BLOCK.match(line)) or len(line) >= FEWEST_CHARS or line.rstrip().endswith(":")


def _pieces(text: str) -> Iterator[str]:
    """A text cut before and after each end of a line."""
    for number, piece in enumerate(text.split("\n")):
        if number:
            yield "\n"
        if piece:
            yield piece
