"""What a visitor agrees to before their first battle, in plain words, and who has."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from arena.voters.models import Consent, Voter

POINTS = (
    _("Your prompt is sent to two hidden models, which may run on servers of other companies."),
    _("Prompts, answers and votes are stored, and the people who run this site may read them."),
    _("Votes, and figures about prompts, are published without your name for everybody to check."),
    _("The texts of your conversations are published only if you allow it, and you can undo that."),
    _("Do not enter personal data, secrets, or anything that is not yours to share."),
)


def give(voter: Voter) -> None:
    """Record that a voter agrees to the text in force; the first time is kept."""
    Consent.objects.bulk_create([new(voter)], ignore_conflicts=True)


def new(voter: Voter) -> Consent:
    """A voter's consent to the text in force, to be inserted."""
    return Consent(voter=voter, version=settings.ARENA.consent_version)
