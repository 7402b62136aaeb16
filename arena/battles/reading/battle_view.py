"""Reads of battles."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypedDict

import numpy as np
from django.db.models import Count, Prefetch
from django.urls import reverse
from numpy.typing import NDArray

from arena.battles.models import (
    Answer,
    Battle,
    Conversation,
    Image,
    Reaction,
    Side,
    Turn,
    Vote,
    VoteStanding,
)
from arena.battles.models.querysets import rankable
from arena.battles.reading.vote_reports import VoteReport, VoteView, report_of, vote_view
from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from ratings import engine


class TurnView(TypedDict):
    """One turn of the conversation; excluded turns are not part of it."""

    number: int
    prompt: str
    image: "ImageView | None"
    answers: dict[str, str]
    endings: dict[str, str] | None  # by side; shown once the contestants are


class ImageView(TypedDict):
    url: str  # for its voter alone
    alt: str
    width: int
    height: int


class ReactionView(TypedDict):
    traits: dict[str, list[str]]  # by side
    comment: str


class ContestantView(TypedDict):
    name: str
    slug: str
    organisation: str
    licence: str
    url: str


class BattleView(TypedDict):
    """A battle as its voter may see it: before the vote nothing tells the contestants apart,
    unless the voter chose them. A direct chat has a side A only.
    """

    id: str
    mode: str
    state: str
    failure: str | None  # of the battle, or of a further prompt that was excluded
    turns: list[TurnView]
    url: str
    socket: str
    vote: VoteView | None
    reaction: ReactionView | None
    contestants: dict[str, ContestantView] | None
    conversation: str | None  # where everybody can read it, after the vote


def battle_of(voter_id: uuid.UUID | None, battle_id: uuid.UUID) -> Battle | None:
    """A voter's battle with its turns and answers, or None if it is not theirs."""
    if voter_id is None:
        return None
    return (
        Battle.objects.of_person(voter_id)
        .filter(pk=battle_id)
        .select_related("contestant_a", "contestant_b")
        .prefetch_related(Prefetch("turns", Turn.objects.select_related("image")), "turns__answers")
        .first()
    )


def battle_view(battle: Battle, report: VoteReport | None = None) -> BattleView:
    """What the voter may see of their battle now.

    Answers of a turn are given once both are complete and fully shown: one that is finished
    earlier would tell which endpoint is the faster one.

    Args:
        report: of its vote, where that is known already.
    """
    state = battle.public_state
    voted = state == Battle.State.VOTED
    complete = voted or state == Battle.State.OPEN
    turns = list(battle.turns.all())
    conversation = [turn for turn in turns if not turn.excluded_reason]
    newest = conversation[-1]
    return {
        "id": str(battle.pk),
        "mode": battle.mode,
        "state": state,
        "failure": _failure(battle, turns[-1]),
        "turns": [
            {
                "number": turn.number,
                "prompt": turn.prompt,
                "image": _image_view(turn),
                "answers": _texts(turn.answers.all())
                if complete or turn != newest
                else dict.fromkeys(battle.sides, ""),
                "endings": _endings(turn.answers.all())
                if complete and battle.is_revealed
                else None,
            }
            for turn in conversation
        ],
        "url": battle.get_absolute_url(),
        "socket": f"/ws/battles/{battle.pk}/",
        "vote": vote_view(report or report_of(battle.vote)) if voted else None,
        "reaction": _reaction_view(battle.vote) if voted else None,
        "contestants": _contestants(battle) if battle.is_revealed else None,
        "conversation": _public_url(battle) if voted else None,
    }


def _public_url(battle: Battle) -> str | None:
    public: Conversation | None = getattr(battle, "conversation", None)
    return public.get_absolute_url() if public else None


def _failure(battle: Battle, last: Turn) -> str | None:
    if battle.failure:
        return battle.get_failure_display()
    if last.excluded_reason and last.excluded_reason != Turn.ExcludedReason.REPLACED:
        return last.get_excluded_reason_display()
    return None


def _contestants(battle: Battle) -> dict[str, ContestantView]:
    both = {Side.A: battle.contestant_a, Side.B: battle.contestant_b}
    return {side.value: _contestant_view(both[side]) for side in battle.sides}


def _image_view(turn: Turn) -> ImageView | None:
    image: Image | None = getattr(turn, "image", None)
    if image is None:
        return None
    return {
        "url": image.get_absolute_url(),
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
    }


def _texts(answers: Iterable[Answer]) -> dict[str, str]:
    return {answer.side: answer.text for answer in answers}


def _endings(answers: Iterable[Answer]) -> dict[str, str]:
    return {answer.side: answer.ending for answer in answers}


def _reaction_view(vote: Vote) -> ReactionView | None:
    reaction: Reaction | None = getattr(vote, "reaction", None)
    if reaction is None:
        return None
    return {
        "traits": {"a": reaction.traits_a, "b": reaction.traits_b},
        "comment": reaction.comment,
    }


def _contestant_view(contestant: Contestant) -> ContestantView:
    return {
        "name": contestant.name,
        "slug": contestant.slug,
        "organisation": contestant.organisation,
        "licence": contestant.licence,
        "url": reverse("pages:contestant", args=[contestant.slug]),
    }


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a battle stands, as the relay needs it."""

    state: str
    failure: str
    turn: int  # the number of the newest turn of the conversation
    prompt: str
    texts: dict[str, str]  # by side; empty until both answers are complete
    shown_at: datetime | None  # when both are fully shown
    is_blind: bool


def progress_of(
    battle_ids: Iterable[uuid.UUID],
    known: Mapping[uuid.UUID, Progress] = MappingProxyType({}),
) -> dict[uuid.UUID, Progress]:
    """Where some battles stand; the texts of those that are complete.

    Texts that are known from before, of the same turn with the same end, are not read again.
    """
    conversation = Turn.objects.kept().order_by("-number")
    battles = Battle.objects.filter(pk__in=battle_ids).prefetch_related(
        Prefetch("turns", conversation)
    )
    newest: dict[uuid.UUID, Turn] = {battle.pk: battle.turns.all()[0] for battle in battles}
    complete, texts = [], {}
    for battle in battles:
        turn, before = newest[battle.pk], known.get(battle.pk)
        if battle.state not in {Battle.State.OPEN, Battle.State.VOTED}:
            continue
        if before and (before.turn, before.shown_at) == (turn.number, battle.shown_at):
            texts[turn.pk] = before.texts
        if not texts.get(turn.pk):
            complete.append(turn)
            texts[turn.pk] = {}
    for turn_id, side, text in Answer.objects.filter(turn__in=complete).values_list(
        "turn", "side", "text"
    ):
        texts[turn_id][side] = text
    return {
        battle.pk: Progress(
            state=battle.state,
            failure=battle.get_failure_display() if battle.failure else "",
            turn=newest[battle.pk].number,
            prompt=newest[battle.pk].prompt,
            texts=texts.get(newest[battle.pk].pk, {}),
            shown_at=battle.shown_at,
            is_blind=battle.is_blind,
        )
        for battle in battles
    }


@dataclass(frozen=True, slots=True)
class Influence:
    """The points that each voter's counted votes give to the top ranks of the overall board.

    `points` has shape (voters, contestants), both in the order of the lists; the contestants are
    the highest rated, best first.
    """

    voters: list[uuid.UUID]
    contestants: list[int]
    points: NDArray[np.float64]


def influence_on_top(*, top: int = 5) -> Influence:
    """How much each voter moves the top of the overall board, for moderators.

    By one Newton step from the fitted ratings (`ratings.engine.voter_influence`). It reads every
    counted vote, grouped, so call it on demand only.
    """
    counts = counts_of(Variant(Board.objects.get(slug=OVERALL)), as_cast=True)
    grouped = (
        Vote.objects.counted()
        .order_by("voter")
        .values_list("voter", "battle__contestant_a", "battle__contestant_b", "outcome")
        .annotate(votes=Count("pk"))
    )
    place = {pk: position for position, pk in enumerate(counts.ids)}
    rows = [row for row in grouped if row[1] in place and row[2] in place]
    if not rows:
        return Influence([], [], np.zeros((0, 0)))
    voters = list(dict.fromkeys(voter for voter, *_ in rows))
    number = {voter: position for position, voter in enumerate(voters)}
    columns = [
        (number[voter], place[a], place[b], engine.OUTCOMES.index(outcome))
        for voter, a, b, outcome, _ in rows
    ]
    votes = np.repeat(np.array(columns, dtype=np.intp), [row[-1] for row in rows], axis=0)
    leaders, points = engine.voter_influence(counts.table, *votes.T, top=top)
    return Influence(voters, [counts.ids[leader] for leader in leaders], points)


def standings_since(moment: datetime) -> dict[str, int]:
    """How many of people's votes since some moment stand how; every standing is there."""
    counted = (
        Vote.objects.filter(rankable("battle__"), cast_at__gte=moment)
        .with_standing()
        .order_by()
        .values_list("standing")
        .annotate(votes=Count("pk"))
    )
    return dict.fromkeys(VoteStanding.Standing.values, 0) | dict(counted)


def gold_votes_since(moment: datetime) -> int:
    """How many votes were cast on gold questions since a moment."""
    return Vote.objects.filter(cast_at__gte=moment, battle__is_gold=True).count()


def program_votes() -> int:
    """How many votes programs have cast, which count on no board."""
    return Battle.objects.filter(by_program=True, state=Battle.State.VOTED).count()
