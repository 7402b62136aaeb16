"""Conversations that everybody can read."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.urls import reverse
from django.utils.text import Truncator

from arena.battles.models.battle import Battle
from arena.text.personal_data import scrub


class Conversation(models.Model):
    """A battle that everybody may read: the database takes it away once its voter withdraws it."""

    battle = models.OneToOneField(Battle, on_delete=models.PROTECT, related_name="conversation")
    published_at = models.DateTimeField(auto_now_add=True)
    hidden_at = models.DateTimeField(
        null=True, blank=True, help_text="When a moderator has hidden it. Empty: it is shown."
    )
    language = models.CharField(max_length=8, help_text="Of the first prompt.")
    topics = ArrayField(models.CharField(max_length=40), help_text="Of all prompts.")
    contestants = ArrayField(models.BigIntegerField(), size=2)
    words = SearchVectorField(help_text="Of its texts, as it is searched.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["language", "-id"], name="conversation_by_language"),
            GinIndex(fields=["topics"], name="conversation_by_topic"),
            GinIndex(fields=["contestants"], name="conversation_by_contestant"),
            GinIndex(fields=["words"], name="conversation_words"),
        ]

    def __str__(self) -> str:
        return f"conversation of {self.battle_id}"

    def get_absolute_url(self) -> str:
        return reverse("pages:conversation", args=[self.battle_id])

    @property
    def excerpt(self) -> str:
        """The beginning of the first prompt, on one line, without what looks personal."""
        return Truncator(" ".join(scrub(self.battle.turns.all()[0].prompt).split())).chars(200)
