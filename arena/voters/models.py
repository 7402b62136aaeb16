"""Who votes: pseudonymous guests and members with an account."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class Member(AbstractUser):
    """An account: operators and moderators now, voters with a history of their own as well."""


class Voter(models.Model):
    """A pseudonymous identity that votes: a guest's signed cookie, or a member's account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.OneToOneField(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="voter"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{'member' if self.member_id else 'guest'} {self.id}"
