"""Style profiles of models: the habits that give a model away, whatever its answers say.

Riggers recognise models by how an answer opens and closes, and how it marks lists, their heads and
titles. A profile holds those habits that can be put on another model's answer without changing its
content (`arena.text.transforms.mimicry`). Where Markdown means the same ("-" and "*"), readers see
no change.

A phrase belongs to a model's profile if it is in the answers to several voters, often, and more
often than in those of the other models: by the log-odds with an informative prior of Monroe,
Colaresi and Quinn 2008, "Fightin' Words", Political Analysis 16(4), section 3.5.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arena.text import personal_data
from arena.text.markdown import VerbatimScanner

MIN_VOTERS = 5
"""A phrase in the answers to fewer voters may come from their conversations, so it is not used."""

MIN_PHRASE_SHARE = 0.02
"""Least share of a model's answers that a phrase of its profile is in."""

MIN_HABIT_SHARE = 0.8
"""Least share of the answers with a list, a head or a title that mark it the same way."""

MIN_Z_SCORE = 1.96
"""Least standard score of a phrase's log-odds between its model and the others."""

PRIOR = 20.0
"""Weight of all models' answers together in the log-odds, in answers."""

MAX_PHRASE_CHARS = 60
MAX_PHRASE_WORDS = 8
MAX_PHRASES = 20  # openings, and closings, that are known of one model

STOPS = ".!?。！？"  # noqa: RUF001 - Chinese
_SENTENCE = re.compile(rf"[^\n]*?[{STOPS}](?=\s|$)")
_PHRASE = re.compile(rf"[^\W\d_][^\d*_#`<>\[\]{{}}|$\\/@:]+[{STOPS}]")

# Every pattern is bounded: `arena.text.markdown.LINE_START` characters of a line decide.
RULE = re.compile(r"[ \t]{0,3}([-*_])(?:[ \t]{0,3}\1){2,20}[ \t\r]{0,9}$")
ITEM = re.compile(r"([ \t]{0,40})([-*]|\d{1,3}[.)])([ \t]{1,4})(?=\S)")
HEAD = re.compile(
    r"\*\*(?P<b>[^*:\n]{1,40})(?:\*\*:|:\*\*)(?=\s|$)|(?P<p>[^*_`:\[\]\n]{1,40}):(?=\s|$)"
)
TITLE = re.compile(
    r"(?:#{1,6}[ \t]{1,4}(?P<n>\S[^\n]{0,80}?)|\*\*(?P<b>[^*\n]{1,80}[^*\n.!?])\*\*:?)[ \t]{0,9}$"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """The habits of one model; empty where it has none that distinguishes it.

    `openings` and `closings` are all of its common ones: they are stripped from its answers when
    these mimic another model.
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
        """Whether another model's answer can mimic it."""
        return any((self.opening, self.closing, self.bullet, self.head, self.title))


class Features(NamedTuple):
    """What one answer shows of the habits in `Profile`; of marks, the one that most lines have."""

    opening: str
    closing: str
    bullet: str
    head: str
    title: str

    def without_phrases(self) -> "Features":
        return self._replace(opening="", closing="")


def features_of(text: str) -> Features:
    """The features of an answer."""
    text = text.strip()
    bullets, heads, titles = Counter[str](), Counter[str](), Counter[str]()
    scanner = VerbatimScanner()
    for line in text.split("\n"):
        if scanner.read(line) or RULE.match(line):
            continue
        if item := ITEM.match(line):
            if item[2] in "-*":
                bullets[item[2]] += 1
            if head := HEAD.match(line, item.end()):
                heads[_head_form(head)] += 1
        elif title := TITLE.match(line):
            titles["**" if title["b"] else line[: -len(line.lstrip("#"))]] += 1
    first = _SENTENCE.match(text)
    *_, last = ["", *_SENTENCE.findall(text[-2 * MAX_PHRASE_CHARS :].rpartition("\n")[2])]
    return Features(
        _phrase(first[0] if first else ""),
        _phrase(last.strip() if text.endswith(last) else ""),
        *(most.most_common(1)[0][0] if most else "" for most in (bullets, heads, titles)),
    )


def _head_form(head: re.Match[str]) -> str:
    """How the head of a list item is marked, as in `Profile`."""
    return head[0].replace(head["b"] or head["p"], "{}", 1)


def _phrase(sentence: str) -> str:
    """The sentence if it is short and holds nothing but words, else nothing."""
    short = len(sentence) <= MAX_PHRASE_CHARS and len(sentence.split()) <= MAX_PHRASE_WORDS
    return sentence if short and _PHRASE.fullmatch(sentence) else ""


Answers = Sequence[tuple[Hashable, Features]]
"""The features of a model's answers, each with the voter who got the answer."""


def fit_profiles(
    models: Mapping[int, Answers], is_blocked: Callable[[str], bool]
) -> dict[int, Profile]:
    """The profiles of models that have a habit, or phrases to strip.

    Args:
        models: their answers, by an id.
        is_blocked: whether a phrase must not be used, such as one that tells who wrote it.
    """
    found = {}
    phrases = {part: _fit_phrases(models, part, is_blocked) for part in ("opening", "closing")}
    for model, answers in models.items():
        openings, closings = (phrases[part][model] for part in ("opening", "closing"))
        profile = Profile(
            opening=openings.best,
            closing=closings.best,
            openings=openings.common,
            closings=closings.common,
            **{part: _habit(answers, part) for part in ("bullet", "head", "title")},
        )
        if profile or profile.openings or profile.closings:
            found[model] = profile
    return found


class _Phrases(NamedTuple):
    best: str
    common: tuple[str, ...]


def _fit_phrases(
    models: Mapping[int, Answers], part: str, is_blocked: Callable[[str], bool]
) -> dict[int, _Phrases]:
    """Each model's common phrases, and the one that best distinguishes it from the others."""
    counts = {
        model: Counter(getattr(features, part) for _, features in answers)
        for model, answers in models.items()
    }
    pool = sum(counts.values(), Counter[str]())
    found = {}
    for model, answers in models.items():
        voters: dict[str, set[Hashable]] = {}
        for voter, features in answers:
            voters.setdefault(getattr(features, part), set()).add(voter)
        common = [
            phrase
            for phrase, _ in counts[model].most_common()
            if phrase and len(voters[phrase]) >= MIN_VOTERS and not personal_data.find(phrase)
        ][:MAX_PHRASES]
        scores = {
            phrase: _z_score(counts[model], pool, phrase)
            for phrase in common
            if counts[model][phrase] >= MIN_PHRASE_SHARE * len(answers) and not is_blocked(phrase)
        }
        best = max(scores, key=scores.__getitem__, default="")
        is_clear = scores.get(best, 0.0) >= MIN_Z_SCORE
        found[model] = _Phrases(best if is_clear else "", tuple(common))
    return found


def _z_score(own: Counter[str], pool: Counter[str], phrase: str) -> float:
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
    """The mark that nearly all of a model's answers with such a mark have, if there is one."""
    marked = [
        (getattr(features, part), voter) for voter, features in answers if getattr(features, part)
    ]
    if not marked:
        return ""
    ((most, times),) = Counter(mark for mark, _ in marked).most_common(1)
    voters = {voter for mark, voter in marked if mark == most}
    is_habit = times >= MIN_HABIT_SHARE * len(marked) and len(voters) >= MIN_VOTERS
    return most if is_habit else ""
