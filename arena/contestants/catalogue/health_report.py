"""How an endpoint did lately, and how much it used."""

from dataclasses import dataclass

import numpy as np

from arena.contestants.models import Call, Endpoint, EndpointHealth, Usage


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some measure."""

    p5: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How an endpoint did in its newest calls, without those that nobody waited for."""

    health: EndpointHealth
    calls: int
    successes: int
    first_token_seconds: Spread | None
    tokens_per_second: Spread | None
    errors: list[Call]  # the newest ones

    @property
    def success_percent(self) -> float | None:
        return 100 * self.successes / self.calls if self.calls else None


def health_report(endpoint: Endpoint, *, calls: int = 200, errors: int = 5) -> HealthReport:
    """The circuit breaker of an endpoint, and figures of its newest calls."""
    newest = list(
        Call.objects.filter(endpoint=endpoint, ended_at__isnull=False).exclude(
            error=Call.CANCELLED
        )[:calls]
    )
    answers = [call for call in newest if not call.error]
    health = EndpointHealth.objects.filter(endpoint=endpoint).first()
    return HealthReport(
        health=health or EndpointHealth(endpoint=endpoint),
        calls=len(newest),
        successes=len(answers),
        first_token_seconds=_spread(
            [c.first_token_seconds for c in answers if c.first_token_seconds is not None]
        ),
        tokens_per_second=_spread(
            [
                call.completion_tokens / (call.seconds - call.first_token_seconds)
                for call in answers
                if call.seconds is not None
                and call.first_token_seconds is not None
                and call.seconds > call.first_token_seconds
            ]
        ),
        errors=[call for call in newest if call.error][:errors],
    )


def _spread(values: list[float]) -> Spread | None:
    if not values:
        return None
    p5, p50, p95 = np.percentile(values, [5, 50, 95]).tolist()
    return Spread(p5, p50, p95)


def usage_of(endpoint: Endpoint, *, days: int = 7) -> list[Usage]:
    """What an endpoint used up in the last days with any use (UTC), the newest first."""
    return list(Usage.objects.filter(endpoint=endpoint)[:days])
