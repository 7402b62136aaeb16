"""Rate limits: how often a voter, a network and the whole site may do something.

Each has a token bucket, kept as the one number of the generic cell rate algorithm (ITU-T I.371,
also a leaky bucket as a meter): the time at which it is full again. One script looks at all
buckets of an action at once by Redis's clock, and consumes from all of them or from none. The same
script keeps the counts of newcomers, which set the price of a battle
(`arena.voters.throttling.price`).
"""

import logging
import math
import uuid
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.voters.origin.network import (
    KEY_SECONDS,
    DayKeys,
    connection,
    is_local,
    provider_of,
)
from arena.voters.throttling.price import DAY, MONTH, Count, Newcomers, usual_of

logger = logging.getLogger(__name__)

AWAY_SECONDS = 10  # when to come back if nobody knows
FLAGGED_DIVISOR = 3  # a flagged voter gets a third of the voter quota


class Action(StrEnum):
    """What is limited. Each has rates of its own in the settings ARENA_RATE_…."""

    OPEN = "open"  # a battle, or one more turn of it
    VOTE = "vote"
    REACT = "react"  # say why after a vote
    REPORT = "report"  # of what others wrote, to the moderators
    READ = "read"  # what the API publishes, as far as it is not at hand
    READ_BY_KEY = "read_by_key"  # the same with a member's key
    ENTER = "enter"  # attempts to log in, from a browser that is new to the account
    ENTER_ACCOUNT = "enter_account"  # the same, by account
    ENTER_KNOWN = "enter_known"  # the same, from a browser that its owner has used
    MAIL = "mail"  # sign up, or have a code mailed


FAIL_CLOSED = {
    Action.ENTER,
    Action.ENTER_ACCOUNT,
    Action.ENTER_KNOWN,
    Action.MAIL,
}  # nothing else limits these, so they are refused while Redis is away


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who does something. An unknown voter has no bucket of its own, a flagged one a small one."""

    voter_id: uuid.UUID | None
    network: str | None  # of arena.voters.origin.network.network_of; kept nowhere
    is_flagged: bool = False
    is_newcomer: bool = False  # who opens a battle, which counts as one of a newcomer
    account: str | None = None  # that they want to enter; kept nowhere
    keys: DayKeys = field(default_factory=DayKeys, compare=False, repr=False)
    """Of the request that they came with."""


@dataclass(frozen=True, slots=True)
class Quota:
    """One bucket as it stands."""

    scope: str  # voter, network, site, account, or account_network: an account from one network
    quota: int
    window: int  # seconds in which an empty one fills
    remaining: int
    reset: int  # seconds until it is full

    @property
    def pressure(self) -> float:
        """How much of it is used: 0 to 1."""
        return 1 - self.remaining / self.quota

    @property
    def before_one(self) -> "Quota":
        """The bucket as it stood before one action was consumed."""
        return replace(self, remaining=self.remaining + 1)


@dataclass(frozen=True, slots=True)
class Budget:
    """All buckets that an action takes from; none if Redis is away or nothing is limited.

    `newcomers` are those before the action, for a visitor who is one; else none.
    """

    quotas: tuple[Quota, ...]
    wait: int  # seconds until one more is admitted
    newcomers: Newcomers = field(default_factory=Newcomers)

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
        if not self.quotas:
            return {}
        return {
            "RateLimit-Policy": ", ".join(
                f'"{q.scope}";q={q.quota};w={q.window}' for q in self.quotas
            ),
            "RateLimit": ", ".join(f'"{q.scope}";r={q.remaining};t={q.reset}' for q in self.quotas),
        }

    @property
    def before_one(self) -> "Budget":
        """The buckets as they stood before one action was consumed."""
        return replace(self, quotas=tuple(quota.before_one for quota in self.quotas))

    def pressure(self, scope: str) -> float:
        """How much of a bucket is used; 0 if there is none of that scope."""
        return max((q.pressure for q in self.quotas if q.scope == scope), default=0.0)


class RateLimited(Exception):
    """Too often, or nobody can count how often; the message says when to come back."""

    def __init__(self, budget: Budget) -> None:
        if budget.quotas:
            reason = _("That was too often. Please come back in %s.")
        else:
            reason = _("Attempts cannot be counted at the moment. Please come back in %s.")
        super().__init__(reason % _format_wait(budget.wait))
        self.budget = budget


def _format_wait(seconds: int) -> str:
    if seconds < 120:
        return ngettext("%d second", "%d seconds", seconds) % seconds
    minutes = math.ceil(seconds / 60)
    return ngettext("%d minute", "%d minutes", minutes) % minutes


def consume(action: Action, visitor: Visitor, *, at: int | None = None) -> Budget:
    """Count an action, if each of its buckets has room for it.

    Without Redis nothing is counted: battles and votes go on, for the database itself limits the
    battles that run at once and the votes of each; attempts to log in and mails wait, for nothing
    else limits them.

    Args:
        at: when, in milliseconds since the epoch; now by Redis's clock if not given.

    Raises:
        RateLimited: a bucket has no room, and nothing was taken from any.
    """
    budget = _run(action, visitor, change=1, at=at)
    if budget.wait:
        raise RateLimited(budget)
    return budget


def peek(action: Action, visitor: Visitor, *, at: int | None = None) -> Budget:
    """The buckets of an action as they stand; `wait` says whether one more would be admitted.

    Args:
        at: when, as for `consume`.
    """
    return _run(action, visitor, change=0, at=at)


def give_back(action: Action, visitor: Visitor, *, at: int | None = None) -> None:
    """Undo a `consume` of this visitor whose action was refused after all.

    Args:
        at: when, as for `consume`.
    """
    _run(action, visitor, change=-1, at=at)


# KEYS: the buckets, and for each count its key and the key under which it stood the day before.
# ARGV: 1 to consume, 0 to peek, -1 to give back; the time in milliseconds, or nothing for Redis's
# own; how many buckets there are; for each bucket the milliseconds in which one token comes, and
# how many it holds; for each count its time constant, and how long it is kept, in milliseconds.
# Gives the milliseconds to wait, those until each bucket is full, and each count before this action
# with the milliseconds since it began.
SCRIPT = """
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local buckets = tonumber(ARGV[3])
local wait, full = 0, {}
for i = 1, buckets do
  local interval, quota = tonumber(ARGV[2 * i + 2]), tonumber(ARGV[2 * i + 3])
  full[i] = math.max(now, tonumber(redis.call('GET', KEYS[i]) or 0))
  wait = math.max(wait, full[i] - now - interval * (quota - 1))
end
local change = tonumber(ARGV[1])
if wait > 0 and change == 1 then change = 0 end
local reply = {wait}
for i = 1, buckets do
  if change ~= 0 then
    full[i] = math.max(now, full[i] + change * ARGV[2 * i + 2])
    if full[i] > now then
      redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', full[i] - now)
    else
      redis.call('DEL', KEYS[i])
    end
  end
  reply[i + 1] = full[i] - now
end
for i = buckets + 1, #KEYS, 2 do
  local place = buckets + i + 3
  local life, kept = tonumber(ARGV[place]), ARGV[place + 1]
  local number, began = 0, now
  for _, key in ipairs({KEYS[i], KEYS[i + 1]}) do
    local count, at, first = string.match(redis.call('GET', key) or '', '(%S+) (%S+) (%S+)')
    if count then
      number = number + count * math.exp(math.min(0, at - now) / life)
      began = math.min(began, tonumber(first))
    end
  end
  if change ~= 0 then
    local changed = math.max(0, number + change)
    redis.call('SET', KEYS[i], string.format('%.6f %.0f %.0f', changed, now, began), 'PX', kept)
    redis.call('DEL', KEYS[i + 1])
  end
  table.insert(reply, string.format('%.6f', number))
  table.insert(reply, now - began)
end
return reply
"""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A count of newcomers as it is kept in Redis; `former` is its key of the day before."""

    key: str
    former: str
    life: float  # seconds, as in arena.voters.throttling.price
    kept: float  # seconds


def _run(action: Action, visitor: Visitor, *, change: int, at: int | None) -> Budget:
    rates = dict(settings.ARENA.rates[action])
    if visitor.is_flagged and "voter" in rates:
        quota, window = rates["voter"]
        rates["voter"] = max(1, quota // FLAGGED_DIVISOR), window
    try:
        counts, name = _counts_and_name(visitor, is_named="network" in rates)
        who = {
            "voter": str(visitor.voter_id) if visitor.voter_id else None,
            "network": name,
            "site": "all",
            "account": None,
            "account_network": None,
        }
        if visitor.account is not None and rates:
            who["account"] = visitor.keys.now(f"account {visitor.account}")
            who["account_network"] = visitor.keys.now(
                f"account {visitor.account} {visitor.network}"
            )
        buckets = [(scope, who[scope], *rate) for scope, rate in rates.items() if who[scope]]
        if not buckets and not counts:
            return Budget((), 0)
        intervals = [math.ceil(1000 * window / quota) for _, _, quota, window in buckets]
        reply = connection().eval(
            SCRIPT,
            len(buckets) + 2 * len(counts),
            *(f"limit:{action}:{scope}:{name}" for scope, name, _, _ in buckets),
            *(key for count in counts for key in (count.key, count.former)),
            change,
            "" if at is None else at,
            len(buckets),
            *(
                figure
                for interval, (_, _, quota, _) in zip(intervals, buckets, strict=True)
                for figure in (interval, quota)
            ),
            *(int(1000 * time) for count in counts for time in (count.life, count.kept)),
        )
    except redis.RedisError as error:
        logger.warning("Limits wait for Redis: %s", type(error).__name__)
        return Budget((), AWAY_SECONDS if action in FAIL_CLOSED else 0)
    wait, until_full, counted = reply[0], reply[1 : len(buckets) + 1], reply[len(buckets) + 1 :]
    return Budget(
        tuple(
            Quota(
                scope=scope,
                quota=quota,
                window=window,
                remaining=max(0, quota - math.ceil(milliseconds / interval)),
                reset=math.ceil(milliseconds / 1000),
            )
            for (scope, _, quota, window), interval, milliseconds in zip(
                buckets, intervals, until_full, strict=True
            )
        ),
        math.ceil(wait / 1000),
        _newcomers(counted),
    )


def _counts_and_name(visitor: Visitor, *, is_named: bool) -> tuple[list[_Counted], str | None]:
    """The counts that a visitor's battle goes into, none if it has no price; and their network's
    name of today, if that is needed.

    Private networks have none: a proxy that is not named in ARENA_TRUSTED_PROXIES would make all
    visitors one, and an office without https could not compute the proof.
    """
    network = visitor.network
    if network is None:
        return [], None
    if not visitor.is_newcomer or is_local(network) or settings.ARENA.newcomers is None:
        return [], visitor.keys.now(network) if is_named else None
    keys = visitor.keys
    names = [(keys.now(thing), keys.before(thing)) for thing in (network, provider_of(network))]
    counts = [
        *(
            _Counted(f"newcomers:{name}", f"newcomers:{former or ''}", DAY, KEY_SECONDS)
            for name, former in names
        ),
        _Counted("newcomers:day", "", DAY, 8 * DAY),
        _Counted("newcomers:month", "", MONTH, 8 * MONTH),
    ]
    return counts, names[0][0]


def _newcomers(counted: list[Any]) -> Newcomers:
    if not counted:
        return Newcomers()
    network, provider, day, month = (float(number) for number in counted[::2])
    age = counted[-1] / 1000
    return Newcomers(network, provider, day, usual_of(Count(month, at=age, began=0.0), age))
