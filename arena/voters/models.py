"""Who votes: pseudonymous guests and members with an account."""

import secrets
import uuid
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MemberManager(UserManager["Member"]):
    @transaction.atomic
    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> "Member":
        """An operator's account, by `createsuperuser`. Who may run that vouches for the address."""
        member = super().create_superuser(username, email, password, **extra_fields)
        if member.email:
            EmailAddress.objects.create(
                user=member, email=member.email, primary=True, verified=True
            )
        return member


class Member(AbstractUser):
    """An account: of an operator, a moderator, or a voter with a history of their own."""

    email = models.EmailField(_("email address"))

    objects: ClassVar[MemberManager] = MemberManager()


CLUSTERS = 256
"""So many sums of votes by voter a board keeps, whatever number of voters there are: enough for
the error of its ratings (see `ratings.engine.intervals.clusters`), and few for telling single
voters apart."""


def random_cluster() -> int:
    return secrets.randbelow(CLUSTERS)


class Voter(models.Model):
    """A pseudonymous identity that votes: a guest's signed cookie, or a member's account.

    A guest who signs up becomes the member's voter. One who logs in to an account that has a
    voter already stays a voter of its own and is merged into that one: votes are final, also in
    whose they are. The member sees and may finish the battles of both.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.OneToOneField(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="voter"
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="guests",
        help_text="The member's voter, since this guest logged in.",
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When this voter's data were erased."
    )
    cluster = models.PositiveSmallIntegerField(
        default=random_cluster,
        help_text="Whose votes are summed together for the intervals of ratings: drawn at random.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    publishes = models.BooleanField(
        default=False, help_text="Whether new conversations are published, as last chosen."
    )
    flagged_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Flagged by integrity until then: needs a proof of work at any pace.",
    )
    suspended_at = models.DateTimeField(
        null=True, blank=True, help_text="Suspended by a moderator: votes since then do not count."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(merged_into__isnull=True),
                name="voter_member_or_merged",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(member__isnull=True, merged_into__isnull=True),
                name="voter_erased_is_nobodys",
            ),
            models.CheckConstraint(
                condition=Q(cluster__lt=CLUSTERS), name="voter_cluster_is_one_of_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{'member' if self.member_id else 'guest'} {self.id}"


class Consent(models.Model):
    """A voter agreed to what arena.voters.consent says, in the version of that time."""

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="consents")
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(fields=["voter", "version"], name="consent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version} by {self.voter}"


class NetworkBan(models.Model):
    """A network that opens no battles until a time, under its name of one day.

    The pseudonym means nothing after two days (see `arena.voters.origin.network`). Whenever the
    network calls before that, the ban is also stored under the pseudonym of the new day.
    """

    network = models.CharField(max_length=32)
    until = models.DateTimeField()
    decision = models.BigIntegerField(help_text="Of a moderator, which made it: its number.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "decision"], name="network_banned_once"),
        ]
        indexes = [models.Index(fields=["until"], name="network_ban_ends")]

    def __str__(self) -> str:
        return f"network banned until {self.until:%Y-%m-%d %H:%M}"
