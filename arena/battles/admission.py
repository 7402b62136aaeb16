"""What decides whether a visitor may open a battle, and at what price: read by one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from arena.battles.models import Battle, Vote
from arena.voters.bans import banned_until
from arena.voters.models import Consent, NetworkBan, Voter
from arena.voters.origin.network import DayKeys
from arena.voters.throttling.price import DAY, VOTES, leaves_most


@dataclass(frozen=True, slots=True)
class Admission:
    """Attributes:
    needs_consent: whether the visitor has yet to agree to the text in force.
    banned_until: until when their network opens no battles; None if it may.
    pays_as_newcomer: whether a battle has the price of a newcomer's, see
            `arena.voters.throttling.price`.
    """

    needs_consent: bool
    banned_until: datetime | None
    pays_as_newcomer: bool


def read_admission(voter: Voter | None, network: str | None, keys: DayKeys) -> Admission:
    """The facts about a visitor, who is a voter already or not.

    Args:
        network: of `arena.voters.origin.network.network_of`.
    """
    version = settings.ARENA.consent_version
    if voter is None:
        return Admission(bool(version), banned_until(network, keys), pays_as_newcomer=True)
    now = timezone.now()
    day_ago = now - timedelta(seconds=DAY)
    opened = Battle.objects.drawn().filter(voter=OuterRef("pk"), created_at__gt=day_ago)
    counted = Vote.objects.counted().filter(voter=OuterRef("pk"), cast_at__lt=day_ago).order_by()
    facts = (
        Voter.objects.filter(pk=voter.pk)
        .annotate(
            has_agreed=Exists(Consent.objects.filter(voter=OuterRef("pk"), version=version)),
            is_banned=Exists(
                NetworkBan.objects.filter(network__in=keys.lately(network), until__gt=now)
            ),
            opened=_number_of(opened),
            voted=_number_of(opened.filter(state=Battle.State.VOTED)),
            counted=ArraySubquery(counted.values("pk")[:VOTES]),
        )
        .values_list("has_agreed", "is_banned", "opened", "voted", "counted", named=True)
        .get()
    )
    return Admission(
        needs_consent=bool(version) and not facts.has_agreed,
        banned_until=banned_until(network, keys) if facts.is_banned else None,
        pays_as_newcomer=(
            voter.created_at > day_ago
            or leaves_most(facts.opened or 0, facts.voted or 0)
            or len(facts.counted) < VOTES
        ),
    )


def _number_of(battles: QuerySet[Battle]) -> Subquery:
    """How many battles of the voter there are; None if there are none."""
    return Subquery(battles.order_by().values("voter").annotate(n=Count("pk")).values("n"))
