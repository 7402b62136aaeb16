"""Keys by which programs of members call the API."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from arena.voters.models import Member


class Scope(models.TextChoices):
    """What a key may be used for."""

    READ = "read", _("read more often")
    BATTLE = "battle", _("open battles and vote in them")


class ApiKey(models.Model):
    """A key of a member; only its SHA-256 is kept, so that nobody can read it here."""

    owner = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60, help_text="What the member calls it.")
    prefix = models.CharField(max_length=12, help_text="Its first characters, to tell it by.")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__len__gte=1, scopes__contained_by=Scope.values),
                name="api_key_is_for_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… of member {self.owner_id}"

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
