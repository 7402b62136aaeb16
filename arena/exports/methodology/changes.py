"""The versions of the methodology.

If a constant changes, or what a vote counts for, add a `Change`. If a constant changed, give it the
digest that `manage.py methodology` prints. The digest of an older version never changes.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Change:
    """A version of the methodology, and what is new in it.

    The first number of a version grows when the same votes give other ratings, the second one when
    other votes count, or pairs are drawn in another way.

    Attributes:
        digest: of all constants in force with this version, see `collected.digest`; empty for
            versions that are older than the digest.
    """

    version: str
    day: date
    about: Promise
    digest: str = ""


CHANGES = (
    Change(
        "3.5",
        date(2026, 12, 1),
        _(
            "Code in answers and prompts is found by the rules of CommonMark everywhere: for style"
            " control, for topics, and for decoys. Each version has a digest of all constants that"
            " decide what is counted, held or drawn."
        ),
        digest="7ee1140cd99bf5aa9bc146d53677c71a2e7b87f0d0b2b5ecb06eccb729cf75f2",
    ),
    Change(
        "3.4",
        date(2026, 11, 30),
        _(
            "Voters with many votes are bounded together, too: against the middle one of what"
            " newcomers, voters with several votes, they themselves, and older votes say."
        ),
    ),
    Change(
        "3.3",
        date(2026, 11, 30),
        _(
            "The votes of newcomers about a model are tested together. If no honest crowd would"
            " cast them, those that speak for the change are held until a moderator has looked,"
            " or until their voter has shown to be honest."
        ),
    ),
    Change(
        "3.2",
        date(2026, 11, 30),
        _(
            "Ties and both bad are weighed as outcomes. Votes are held, too, of voters who vote on"
            " the battles of one model alone by calling ties, or who call ties where it meets"
            " stronger or weaker models and not elsewhere. How often anyone ties is free."
        ),
    ),
    Change(
        "3.1",
        date(2026, 11, 30),
        _(
            "A vote does not count if a prompt of its battle was put to a named model before it. A"
            " voided gold question is replaced by another one, and"
            " stays one when it is stopped or regenerated."
        ),
    ),
    Change(
        "3.0",
        date(2026, 11, 30),
        _(
            "Votes have weights. All votes of little-known voters together, of a network on a day,"
            " of a day, of a week, of two weeks, may move a model only as far as chance explains;"
            " what is beyond is weighed down, in tenths. Ratings as cast are beside the others."
        ),
    ),
    Change(
        "2.0",
        date(2026, 11, 30),
        _(
            "A model with few votes, or whose votes all agree, is preliminary: a prior of its"
            " board's spread holds its rating and widens its interval. Models of equal records have"
            " equal chances to be first. How firm first place is looks at all models, not at the"
            " second one only. Intervals are clustered by voter."
        ),
    ),
    Change(
        "1.4",
        date(2026, 11, 28),
        _(
            "Some gold questions have an answer in the style of another model. Voters whose votes"
            " look unusual meet more of them. Voters who share a kind of browser that few have are"
            " weighed together, too."
        ),
    ),
    Change(
        "1.3",
        date(2026, 11, 25),
        _(
            "Votes are held, too, of voters who decide the battles of one model and leave nearly"
            " all others undecided. Odd habits of reading and asking are shown to moderators, and"
            " hold no vote."
        ),
    ),
    Change(
        "1.2",
        date(2026, 11, 25),
        _(
            "Votes of programs, and of models that the voter chose, are on no board. Voters who"
            " share networks, prompts or a target are weighed together."
        ),
    ),
    Change(
        "1.1",
        date(2026, 11, 25),
        _(
            "Snapshots are signed and chained; all votes are published every week. Gold questions"
            " began. A board of conversations of several turns."
        ),
    ),
    Change(
        "1.0",
        date(2026, 11, 24),
        _(
            "The first boards: overall, topics, languages, fresh prompts; with and without style"
            " control."
        ),
    ),
)
"""The newest first."""
