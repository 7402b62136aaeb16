"""What is kept of a call; budgets of a day, also when calls race in threads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from arena.battles.live.streams import KEEP_SECONDS
from arena.contestants.calls import budget
from arena.contestants.calls.budget import Outcome, begin_call, end_call
from arena.contestants.calls.streaming import stream_answer
from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.catalogue.targets import limits_of
from arena.contestants.models import (
    LONGEST_ANSWER_SECONDS,
    Call,
    Endpoint,
    EndpointHealth,
    Usage,
)
from arena.contestants.provider import (
    Finished,
)
from arena.settings import base
from tests.contestants.calls.helpers import QUESTION, answer, call_to, fail, in_threads, is_drawable
from tests.factories import Registered

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_is_accounted_for(endpoint: Endpoint) -> None:
    endpoint.prompt_price, endpoint.completion_price = Decimal(2), Decimal(10)
    endpoint.save()
    answer(endpoint)
    call = Call.objects.get()
    assert (call.prompt_tokens, call.completion_tokens, call.is_estimated) == (7, 15, False)
    assert call.cost == Decimal("0.000164")
    assert call.error == ""
    usage = Usage.objects.get()
    assert usage.day == timezone.now().date()
    assert (usage.calls, usage.failures) == (1, 0)
    assert (usage.cost, usage.reserved) == (call.cost, Decimal(0))
    assert (usage.prompt_tokens, usage.completion_tokens, usage.estimated_tokens) == (7, 15, 0)


def test_what_an_endpoint_does_not_count_is_estimated_and_said_so(endpoint: Endpoint) -> None:
    answer(endpoint, "no-done")
    call = Call.objects.get()
    assert call.is_estimated
    assert call.completion_tokens == 3  # "all of it", four bytes a token
    assert Usage.objects.get().estimated_tokens == call.prompt_tokens + 3


@pytest.mark.parametrize(
    ("behaviour", "charged"), [("unauthorised", False), ("ends-early", True), ("empty", True)]
)
def test_a_failure_is_charged_if_it_was_answered(
    endpoint: Endpoint, behaviour: str, charged: bool
) -> None:
    fail(endpoint, behaviour)
    call = Call.objects.get()
    assert bool(call.prompt_tokens) == charged
    usage = Usage.objects.get()
    assert (usage.calls, usage.failures, usage.reserved) == (1, 1, Decimal(0))


def test_a_cancelled_answer_is_booked_and_no_failure(endpoint: Endpoint) -> None:
    Endpoint.objects.update(model_id="hang-mid")
    events = stream_answer(call_to(endpoint), QUESTION)
    next(events)
    events.close()
    assert Call.objects.get().error == Call.CANCELLED
    assert Usage.objects.get().failures == 0
    assert not EndpointHealth.objects.exists()


def test_calls_of_killed_workers_are_booked_at_their_highest_cost(
    endpoint: Endpoint,
) -> None:
    endpoint.completion_price, endpoint.parameters = Decimal(10), {"max_tokens": 1000}
    endpoint.save()
    lost = call_to(endpoint)
    call_to(endpoint)
    Call.objects.filter(pk=lost.pk).update(started_at=timezone.now() - 2 * budget.LOST_AFTER)
    budget.tidy_calls()
    usage = Usage.objects.get()
    assert usage.cost == usage.reserved == Decimal("0.01")
    end_call(lost, Outcome(Finished("stop", 1, 1, 0.1, 0.2)))  # it was only slow
    usage.refresh_from_db()
    assert usage.cost == usage.reserved == Decimal("0.01")


def test_a_call_is_not_given_up_while_it_may_last() -> None:
    """What waits for an answer outlasts the longest that any endpoint may take."""
    longest = LONGEST_ANSWER_SECONDS + django_settings.ARENA.slot_seconds
    assert longest < budget.LOST_AFTER.total_seconds()
    assert longest < django_settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert longest < KEEP_SECONDS
    by_default = limits_of(Endpoint())
    assert by_default.whole <= LONGEST_ANSWER_SECONDS


def test_the_defaults_allow_ten_minutes_of_reasoning_and_fifteen_in_all() -> None:
    assert (base.ARENA.first_token_seconds, base.ARENA.answer_seconds) == (600, 900)


def test_old_calls_are_deleted_and_their_sums_kept(endpoint: Endpoint) -> None:
    answer(endpoint)
    Call.objects.update(started_at=timezone.now() - budget.KEPT_FOR - timedelta(hours=1))
    budget.tidy_calls()
    assert not Call.objects.exists()
    assert Usage.objects.get().completion_tokens == 15


@pytest.fixture
def priced(endpoint: Endpoint) -> Endpoint:
    """A hundredth for an answer of at most a thousand tokens; prompts are free."""
    endpoint.prompt_price, endpoint.completion_price = Decimal(0), Decimal(10)
    endpoint.parameters = {"max_tokens": 1000}
    endpoint.daily_budget = Decimal("0.05")
    endpoint.full_clean()
    endpoint.save()
    return endpoint


def test_calls_at_once_never_exceed_the_budget(priced: Endpoint) -> None:
    begun = in_threads(12, lambda _: begin_call(priced.contestant_id, QUESTION))
    assert sum(call is not None for call in begun) == 5
    assert Usage.objects.get().reserved == Decimal("0.05")


def test_a_contestant_leaves_the_draw_before_the_budget_is_exceeded_until_tomorrow(
    priced: Endpoint,
) -> None:
    assert is_drawable(priced)
    for _ in range(4):
        call_to(priced)
        assert is_drawable(priced)
    call_to(priced)
    assert not is_drawable(priced)
    Usage.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert is_drawable(priced)


def test_the_unused_part_of_a_reservation_is_released(priced: Endpoint) -> None:
    for _ in range(10):  # of 15 tokens each
        answer(priced)
    assert is_drawable(priced)
    assert Usage.objects.get().cost == Decimal("0.0015")


@pytest.mark.parametrize(
    "missing", [{"prompt_price": None}, {"completion_price": None}, {"parameters": {}}]
)
def test_a_budget_without_a_bound_is_refused(priced: Endpoint, missing: dict[str, object]) -> None:
    for name, value in missing.items():
        setattr(priced, name, value)
    with pytest.raises(ValidationError):
        priced.full_clean()


def test_beginning_and_ending_a_call_take_a_fixed_number_of_queries(
    contestant: Registered, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    endpoints = [contestant(f"c{number}").endpoints.get() for number in range(4)]
    begin_call(endpoints[0].contestant_id, QUESTION)
    with django_assert_num_queries(5):  # two of them a transaction's
        call = begin_call(endpoints[0].contestant_id, QUESTION)
    assert call
    with django_assert_num_queries(5):
        end_call(call, Outcome(Finished("stop", 1, 1, 0.1, 0.2)))
    with django_assert_num_queries(1):
        assert len(drawable_contestants()) == 4
