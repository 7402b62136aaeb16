"""Small charts as SVG: coordinates for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.leaderboards.models import RatingPoint
from arena.leaderboards.sampling import SampledDay

WIDTH, HEIGHT = 600, 160
PAD = 8
LEAST_DAYS = 30  # that a chart of days has room for


@dataclass(frozen=True, slots=True)
class Chart:
    """A rating over time with its interval, in the units of the view box."""

    width: int
    height: int
    line: str
    band: str
    last_x: float
    last_y: float
    top: float  # points at the upper and lower end
    bottom: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's share, in the units of the view box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares by day, from 0 to `top` per cent."""

    width: int
    height: int
    bars: list[Bar]
    top: float


def share_chart(days: Sequence[SampledDay]) -> Bars | None:
    """The chart of how often a contestant was sampled, oldest day first; None without any vote."""
    top = max((day.share for day in days), default=0.0)
    if not top:
        return None
    span = (days[-1].day - days[0].day).days + 1
    step = (WIDTH - 2 * PAD) / max(span, LEAST_DAYS)

    def bar(day: SampledDay) -> Bar:
        height = (HEIGHT - 2 * PAD) * day.share / top
        x = PAD + step * (day.day - days[0].day).days
        return Bar(
            round(x, 1), round(HEIGHT - PAD - height, 1), round(step * 0.8, 1), round(height, 1)
        )

    return Bars(WIDTH, HEIGHT, [bar(day) for day in days], 100 * top)


def rating_chart(points: Sequence[RatingPoint]) -> Chart | None:
    """The chart of a history, oldest first; None for fewer than two points."""
    if len(points) < 2:
        return None
    bottom = min(point.lower for point in points)
    top = max(point.upper for point in points)
    begin, end = points[0].snapshot.published_at, points[-1].snapshot.published_at
    seconds = (end - begin).total_seconds() or 1.0

    def x(point: RatingPoint) -> float:
        passed = (point.snapshot.published_at - begin).total_seconds()
        return round(PAD + (WIDTH - 2 * PAD) * passed / seconds, 1)

    def y(rating: float) -> float:
        share = (rating - bottom) / (top - bottom or 1.0)
        return round(HEIGHT - PAD - (HEIGHT - 2 * PAD) * share, 1)

    upper = [f"{x(point)},{y(point.upper)}" for point in points]
    lower = [f"{x(point)},{y(point.lower)}" for point in reversed(points)]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        line=" ".join(f"{x(point)},{y(point.rating)}" for point in points),
        band=" ".join(upper + lower),
        last_x=x(points[-1]),
        last_y=y(points[-1].rating),
        top=top,
        bottom=bottom,
    )
