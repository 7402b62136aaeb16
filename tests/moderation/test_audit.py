"""The audit log: verification finds every change."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from arena.moderation.audit import faults, head, log
from arena.moderation.models import AuditEntry
from tests.moderation.conftest import Moderator

READ = AuditEntry.Action.READ_CASE


def verify(*args: str) -> str:
    out = StringIO()
    call_command("verify_audit_log", *args, stdout=out, stderr=out)
    return out.getvalue()


def directly(statement: str) -> None:
    """Run a statement without triggers, as the superuser of the database can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("RESET session_replication_role")


def test_verification_finds_a_line_edited_in_the_database(moderator: Moderator) -> None:
    ann = moderator("ann")
    for text in ("plain", 'quotes " and \\ and \n', "ünïcode 漢字 🙂", "\x1f\x7f"):
        log(READ, actor=ann, text=text)
    log(AuditEntry.Action.OPENED)
    assert "5 lines" in verify()
    for change in (
        lambda: AuditEntry.objects.update(detail="{}"),
        lambda: AuditEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    for statement, fault in (
        ("UPDATE moderation_auditentry SET detail = '{}' WHERE number = 2", "line 2 was altered"),
        ("UPDATE moderation_auditentry SET actor_id = NULL WHERE number = 1", "line 1 was altered"),
        ("DELETE FROM moderation_auditentry WHERE number = 3", "line 4 follows line 2"),
    ):
        point = transaction.savepoint()
        directly(statement)
        assert fault in list(faults())
        with pytest.raises(CommandError):
            verify()
        transaction.savepoint_rollback(point)
    assert "5 lines" in verify()


def test_verification_with_an_earlier_head_finds_a_truncated_log(db: None) -> None:
    log(READ)
    log(READ)
    kept = str(head())
    log(READ)
    assert "3 lines" in verify("--head", kept)
    directly("DELETE FROM moderation_auditentry WHERE number > 1")
    assert "1 lines" in verify()
    with pytest.raises(CommandError):
        verify("--head", kept)
    with pytest.raises(CommandError):
        verify("--head", "no head")


@pytest.mark.django_db(transaction=True)
def test_concurrent_lines_form_one_chain() -> None:
    def write(thread: int) -> None:
        try:
            for number in range(10):
                with transaction.atomic():
                    log(READ, thread=thread, number=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert list(faults()) == []
    assert head().number == 40
