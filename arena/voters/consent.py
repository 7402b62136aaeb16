"""What a visitor agrees to before their first battle, in plain words, and who has."""

import uuid

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


def is_needed(voter_id: uuid.UUID | None) -> bool:
    """Whether a voter has yet to agree to the text in force; never if it has no version."""
    version = settings.ARENA.consent_version
    if not version:
        return False
    return voter_id is None or not Consent.objects.filter(voter=voter_id, version=version).exists()


def give(voter: Voter) -> None:
    """Record that a voter agrees to the text in force; the first time is kept."""
    Consent.objects.get_or_create(voter=voter, version=settings.ARENA.consent_version)
