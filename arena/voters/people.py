"""One person's accounts: a voter and the guests merged into it."""

import uuid

from django.db.models import OuterRef, Q, QuerySet

from arena.voters.models import Voter


def of_person(voter_id: uuid.UUID | OuterRef, voter: str = "voter") -> Q:
    """The rows of a voter and of the guests merged into it.

    Args:
        voter: the path of the lookup that leads to the voter, such as `vote__voter`.
    """
    return Q(**{voter: voter_id}) | Q(**{f"{voter}__merged_into": voter_id})


def accounts_of(voter_id: uuid.UUID) -> QuerySet[Voter]:
    """A voter and the guests merged into it."""
    return Voter.objects.filter(Q(pk=voter_id) | Q(merged_into=voter_id))


def person_sql(voter: str = "voter") -> str:
    """SQL for the voter whose accounts include this one, given the alias of its row."""
    return f"coalesce({voter}.merged_into_id, {voter}.id)"
