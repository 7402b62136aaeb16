"""Conversations that everybody may read, once their voter has allowed it and has voted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import transaction
from django.db.models import Prefetch, QuerySet, Subquery, Value, prefetch_related_objects
from django.utils import timezone

from arena.battles.models import Battle, Conversation, Report, Side, Turn, VoteStanding
from arena.battles.models.vote import newest_standing
from arena.text.personal_data import scrub

CONFIG = "simple"  # PostgreSQL's: words as they are, alike in every language
SEARCHED_CHARS = 200_000  # of a conversation; PostgreSQL indexes a megabyte at most
PAGE = 20


# ---- writes ----


def publish(battle: Battle) -> None:
    """Let everybody read a voted battle, if its voter allows it and it was an ordinary one.

    Its turns, with images and answers, are fetched if they were not before.
    """
    if not battle.may_publish or not battle.is_rankable:
        return
    with_images = Turn.objects.select_related("image")
    prefetch_related_objects([battle], Prefetch("turns", with_images), "turns__answers")
    if any(hasattr(turn, "image") for turn in battle.turns.all()):
        return  # nobody could judge the answers without it, and it is for the models alone
    turns = [turn for turn in battle.turns.all() if not turn.excluded_reason]
    texts = [
        text for turn in turns for text in (turn.prompt, *(a.text for a in turn.answers.all()))
    ]
    published = Conversation(
        battle=battle,
        language=turns[0].language,
        topics=sorted({topic for turn in turns for topic in turn.topics}),
        contestants=[battle.contestant_a_id, battle.contestant_b_id],
        words=SearchVector(Value(scrub("\n".join(texts))[:SEARCHED_CHARS]), config=CONFIG),
    )
    Conversation.objects.bulk_create([published], ignore_conflicts=True)


@transaction.atomic
def set_published(voter_id: uuid.UUID, battle_id: uuid.UUID, *, publish_it: bool) -> bool:
    """Change whether a voter's own battle is published; withdrawn, it is gone at once.

    Returns False, and changes nothing, if there is no such battle of theirs with a vote.
    """
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .of_person(voter_id)
        .filter(pk=battle_id, state=Battle.State.VOTED)
        .first()
    )
    if battle is None:
        return False
    battle.may_publish = publish_it
    battle.save(update_fields=["may_publish"])
    publish(battle)
    return True


def hide(battle_ids: Sequence[uuid.UUID]) -> None:
    """Take conversations away from the public, by a moderator's word."""
    shown = Conversation.objects.filter(battle__in=battle_ids, hidden_at=None)
    shown.update(hidden_at=timezone.now())


def show(battle_ids: Sequence[uuid.UUID]) -> None:
    """Give hidden conversations back to the public."""
    Conversation.objects.filter(battle__in=battle_ids).update(hidden_at=None)


def report(
    conversation: Conversation,
    reason: Report.Reason,
    *,
    voter_id: uuid.UUID | None,
    side: Side | None = None,
    comment: str = "",
) -> Report:
    """Tell the moderators of a conversation, or of one side's answers in it."""
    return Report.objects.create(
        battle_id=conversation.battle_id,
        voter_id=voter_id,
        side=side or "",
        reason=reason,
        comment=comment[: Report.LONGEST],
    )


# ---- reads ----


def visible() -> QuerySet[Conversation]:
    """What is public now: neither withdrawn, nor hidden, nor with a vote that does not count.

    Votes that were held or excluded later are left out by their standing of now, so nothing that
    was written to rig the board is on show, and it comes back by itself if a moderator says so.
    """
    shown: QuerySet[Conversation] = (
        Conversation.objects.filter(hidden_at=None)
        .alias(standing=Subquery(newest_standing("battle__vote").values("standing")[:1]))
        .filter(standing=VoteStanding.Standing.COUNTED)
        .select_related("battle__contestant_a", "battle__contestant_b", "battle__vote")
        .defer("words")
    )
    return shown


@dataclass(frozen=True, slots=True)
class ConversationSearch:
    """What to search the public conversations for; what is empty is not searched for."""

    words: str = ""
    language: str = ""
    topic: str = ""
    contestant_id: int | None = None
    before: int | None = None  # the id of the last one on the page before


@dataclass(frozen=True, slots=True)
class Page:
    """One page, newest first; `before` leads to the next one, if there is one."""

    conversations: list[Conversation]
    before: int | None


def search(wanted: ConversationSearch) -> Page:
    """A page of the public conversations that match a search."""
    rows = visible().prefetch_related(Prefetch("battle__turns", Turn.objects.kept()))
    if wanted.words:
        rows = rows.filter(words=SearchQuery(wanted.words, config=CONFIG, search_type="websearch"))
    if wanted.language:
        rows = rows.filter(language=wanted.language)
    if wanted.topic:
        rows = rows.filter(topics__contains=[wanted.topic])
    if wanted.contestant_id is not None:
        rows = rows.filter(contestants__contains=[wanted.contestant_id])
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    page = list(rows.order_by("-pk")[: PAGE + 1])
    return Page(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn as everybody may read it, without what looks personal."""

    prompt: str
    a: str
    b: str


def conversation_of(battle_id: uuid.UUID) -> Conversation | None:
    """A public conversation with all its texts, or None if there is none now."""
    turns = Prefetch("battle__turns", Turn.objects.kept().prefetch_related("answers"))
    return visible().filter(battle=battle_id).prefetch_related(turns).first()


def is_owner(conversation: Conversation, voter_id: uuid.UUID | None) -> bool:
    """Whether it belongs to this voter, who may withdraw it."""
    if voter_id is None:
        return False
    return Battle.objects.of_person(voter_id).filter(pk=conversation.battle_id).exists()


def exchanges(conversation: Conversation) -> list[Exchange]:
    """What was said, turn by turn."""
    shown = []
    for turn in conversation.battle.turns.all():
        texts = {answer.side: scrub(answer.text) for answer in turn.answers.all()}
        shown.append(Exchange(scrub(turn.prompt), texts[Side.A], texts[Side.B]))
    return shown
