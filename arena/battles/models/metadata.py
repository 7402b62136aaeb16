"""What an endpoint reported beside the text of an answer."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from arena.battles.models.turn import Answer
from arena.contestants.provider.metadata import MAX_CHUNKS, MAX_NAME_CHARS, MAX_NAMES


def _names(what: str) -> "ArrayField[list[str], list[str]]":
    return ArrayField(
        models.CharField(max_length=MAX_NAME_CHARS),
        size=MAX_NAMES,
        default=list,
        blank=True,
        help_text=f"The different values of {what}, in the order in which they came.",
    )


class AnswerMetadata(models.Model):
    """Evidence of what served a complete answer; `ResponseMetadata` explains each member.

    Operators and audits read it; it is never shown before the vote. Answers that are older than
    this table have none, and those of erased battles have none any more: lengths of chunks and
    names that an endpoint makes up can give a text away.
    """

    answer = models.OneToOneField(
        Answer, primary_key=True, on_delete=models.CASCADE, related_name="metadata"
    )
    request = models.JSONField(help_text="The request's body as it was sent, without messages.")
    model_names = _names("the response's model")
    fingerprints = _names("its system_fingerprint")
    providers = _names("its provider")
    finish_reasons = _names("its finish_reason")
    usage = models.JSONField(help_text="What the endpoint counted, by the path of the member.")
    chunks = ArrayField(
        models.SmallIntegerField(),
        default=list,
        blank=True,
        help_text=f"Characters of the first {MAX_CHUNKS} chunks of text, before any redaction.",
    )
    chunk_count = models.PositiveIntegerField(default=0)
    reasoning_chars = models.PositiveIntegerField(default=0)
    first_text_seconds = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "answer metadata"
        constraints = [
            models.CheckConstraint(
                condition=Q(chunks__len__lte=MAX_CHUNKS), name="answer_metadata_chunks_bounded"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="answer_metadata_is_final", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"metadata of {self.answer}"
