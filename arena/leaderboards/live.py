"""Tell open pages and the ticker when a leaderboard was fitted again."""

from collections.abc import AsyncGenerator

from arena.common.live import State, announce, hub
from arena.leaderboards.models import Board, Leaderboard, Style, Window


def announce_fit(fit: Leaderboard) -> None:
    """Announce a new fit of a leaderboard to all its followers."""
    announce(_group(fit.board.slug, Style(fit.style), Window(fit.window)), _state(fit))


def follow_board(
    slug: str, style: Style, window: Window, beat_seconds: float
) -> AsyncGenerator[State | None]:
    """Yield a leaderboard's `votes` and `updated_at`: now, and again after each new fit.

    `updated_at` is empty before the first fit. Yields None whenever nothing happened for
    `beat_seconds`.

    Raises:
        arena.common.live.NoSuchTopic: there is no such board.
    """

    def load() -> State | None:
        fits = Leaderboard.objects.filter(board__slug=slug, style=style, window=window)
        fit = fits.only("votes", "fitted_at").first()
        if fit is not None:
            return _state(fit)
        return {"votes": 0, "updated_at": ""} if Board.objects.filter(slug=slug).exists() else None

    return hub().follow(_group(slug, style, window), load, beat_seconds)


def _group(slug: str, style: Style, window: Window) -> str:
    return f"board.{slug}.{style}.{window}"


def _state(fit: Leaderboard) -> State:
    return {"votes": fit.votes, "updated_at": fit.fitted_at.isoformat()}
