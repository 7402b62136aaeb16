"""Cases that moderators review."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from arena.battles.models import Battle
from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.moderation.models.simulation import Simulation
from arena.voters.models import Member, Voter


class Case(models.Model):
    """A case for a moderator: about voters with signals, or about a reported conversation."""

    CONTENT = "content"
    KINDS = [*Signal.Kind.choices, (CONTENT, _("somebody reported what was written"))]

    class State(models.TextChoices):
        OPEN = "open", "open"
        APPEALED = "appealed", "appealed"
        SECOND = "second", "waits for a second moderator"
        SNOOZED = "snoozed", "snoozed until there is new evidence"
        DECIDED = "decided", "decided"

    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    kind = models.CharField(
        max_length=12, help_text="The kind of the signal that opened it, or content."
    )
    battle = models.OneToOneField(
        Battle,
        null=True,
        on_delete=models.PROTECT,
        related_name="case",
        help_text="The reported battle.",
    )
    simulation = models.ForeignKey(
        Simulation,
        null=True,
        on_delete=models.PROTECT,
        related_name="cases",
        help_text="The simulated voter that it shows. Empty: it is about real voters.",
    )
    signals = models.ManyToManyField(Signal, related_name="cases")
    voters = models.ManyToManyField(Voter, related_name="cases")
    contestant = models.ForeignKey(
        Contestant,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose rating the votes raise or lower, if known.",
    )
    boards = ArrayField(
        models.SlugField(), default=list, help_text="Slugs of the boards of the votes."
    )
    votes = models.PositiveIntegerField(default=0)
    log_e = models.FloatField(
        default=0.0, help_text="Natural logarithm of the e-value; 0: the signals have none."
    )
    influence = models.FloatField(
        default=0.0, help_text="Max. impact of the votes on a top-10 rating, in points."
    )
    priority = models.FloatField(
        default=0.0, help_text="See `arena.moderation.cases.weighing.priority`."
    )
    weighed_at = models.DateTimeField(
        default=timezone.now,
        help_text="When votes, evidence, influence and priority were computed.",
    )
    assignee = models.ForeignKey(
        Member, null=True, on_delete=models.SET_NULL, related_name="cases", help_text="Who reviews."
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-priority", "-pk"]
        permissions = [
            ("read_evidence", "Can read cases and the evidence in them"),
            ("decide", "Can claim and decide cases"),
            ("approve", "Can approve decisions of others"),
            ("read_log", "Can read the audit log"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "appealed", "second", "snoozed", "decided"]),
                name="case_state_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="content", battle__isnull=False)
                | ~Q(kind="content") & Q(battle=None),
                name="case_of_content_has_its_battle",
            ),
            models.CheckConstraint(
                condition=Q(battle=None) | Q(simulation=None), name="case_of_content_is_real"
            ),
        ]
        indexes = [
            models.Index("state", F("priority").desc(), F("id").desc(), name="case_queue"),
            GinIndex(fields=["boards"], name="case_boards"),
            models.Index(
                fields=["weighed_at"],
                condition=Q(battle=None) & ~Q(state="decided"),
                name="case_to_weigh",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:case", args=[self.pk])

    @property
    def may_be_undone(self) -> bool:
        """Whether its decisions can be undone now."""
        waits = self.state in {self.State.APPEALED, self.State.SECOND}
        return not waits and not self.is_revealed_simulation

    @property
    def may_be_hidden(self) -> bool:
        """Whether it is about a public conversation, which can be hidden."""
        conversation = getattr(self.battle, "conversation", None)
        return conversation is not None and conversation.hidden_at is None

    @property
    def is_revealed_simulation(self) -> bool:
        """Whether it belongs to the quality check and its page says so, because it is decided."""
        return self.simulation_id is not None and self.state == self.State.DECIDED
