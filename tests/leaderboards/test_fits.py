"""Leaderboards: fitted when their counts change, explained, published, and recomputed by anyone."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from arena.contestants.models import Contestant
from arena.leaderboards.boards import boards, boards_named, register_boards
from arena.leaderboards.counting.count import count
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.fitting import refit, refit_changed
from arena.leaderboards.models import Board, Leaderboard, Outcome, RatingPoint, Style, Window
from arena.leaderboards.publishing import publish
from arena.leaderboards.reading.history import history
from arena.leaderboards.reading.snapshots import snapshot_document
from arena.leaderboards.reading.summaries import ranks_of
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.sampling import sampled_days
from arena.leaderboards.variants import Variant, due_variants
from ratings import engine
from ratings.snapshots import verify
from tests.factories import Registered

pytestmark = pytest.mark.django_db

TODAY = datetime.now(UTC).date()
TERSE, FORMATTED = (40, 0, 0, 0), (300, 2, 8, 5)


@pytest.fixture
def overall(db: None) -> Board:
    register_boards()
    return Board.objects.get(slug="overall")


@pytest.fixture
def trio(contestant: Registered) -> list[Contestant]:
    shared = {"organisation": "Twins Ltd"}
    return [contestant("best", **shared), contestant("good", **shared), contestant("poor")]


def vote(
    board: Board,
    a: Contestant,
    b: Contestant,
    outcome: str,
    times: int = 1,
    *,
    age: int = 0,
    cluster: int | None = None,
) -> None:
    for _ in range(times):
        count(
            [board],
            a.pk,
            b.pk,
            Outcome(outcome),
            day=TODAY - timedelta(days=age),
            style=(TERSE, FORMATTED),
            cluster=cluster,
        )


def play(board: Board, trio: list[Contestant]) -> None:
    best, good, poor = trio
    vote(board, best, good, "a", 8)
    vote(board, best, good, "b", 6)
    vote(board, good, poor, "a", 9)
    vote(board, good, poor, "tie", 3)
    vote(board, best, poor, "a", 9)
    vote(board, poor, best, "a", 2)


def test_a_row_has_interval_ranks_and_probability_of_being_best(
    overall: Board, trio: list[Contestant]
) -> None:
    play(overall, trio)
    refit(overall)
    view = leaderboard(overall)
    assert [row.contestant.slug for row in view.rows] == ["best", "good", "poor"]
    assert sum(row.probability_best for row in view.rows) == pytest.approx(1, abs=0.001)
    assert view.rows[0].probability_best > view.rows[1].probability_best > 0
    assert view.rows[1].probability_best > view.rows[2].probability_best
    assert all(row.rank_low <= row.rank <= row.rank_high for row in view.rows)
    # Davidson's model compares decided votes only, which spreads the ratings wider.
    ties = [row.tie_rating for row in view.rows]
    assert None not in ties
    assert ties[0] - ties[2] > view.rows[0].rating - view.rows[2].rating  # type: ignore[operator]
    assert all(row.elo is not None for row in view.rows)


@pytest.mark.parametrize("style", Style)
def test_the_board_states_the_fragility_of_first_place(
    overall: Board, trio: list[Contestant], style: Style
) -> None:
    best, good, _ = trio
    vote(overall, best, good, "a", 5)
    vote(overall, best, good, "b", 3)
    refit(overall, style)
    fragility = leaderboard(overall, style).fragility
    assert fragility is not None
    # 5 to 3: only without three of the five is it 2 to 3.
    assert (fragility.first, fragility.second, fragility.votes) == ("Best", "Good", 3)
    assert fragility.share == pytest.approx(3 / 8)


def test_the_best_of_several_entries_has_a_best_of_k_bias(
    overall: Board, trio: list[Contestant]
) -> None:
    play(overall, trio)
    refit(overall)
    view = leaderboard(overall)
    (twins,) = view.multiplicity
    assert (twins.organisation, twins.entries) == ("Twins Ltd", 2)
    # Of two, the better one gains E max / sqrt(2) = 0.399 of the error of their difference.
    counts = counts_of(Variant(overall))
    covariance = engine.fit(counts.table).covariance
    best, good = (counts.table.models.index(slug) for slug in ("best", "good"))
    difference = covariance[best, best] + covariance[good, good] - 2 * covariance[best, good]
    assert twins.gain == pytest.approx(0.3989 * difference**0.5, abs=0.02)
    assert [(row.entries, row.best_of_k_bias > 0) for row in view.rows] == [
        (2, True),
        (2, False),
        (1, False),
    ]


def test_a_newcomer_is_preliminary_on_page_and_in_the_api(
    overall: Board, trio: list[Contestant], client: Client
) -> None:
    """One tie with the first model does not make it the first, and says so everywhere."""
    best, good, poor = trio
    vote(overall, best, good, "a", 60)
    vote(overall, good, best, "a", 40)
    vote(overall, poor, best, "tie")
    publish(overall)
    rows = {row.contestant.slug: row for row in leaderboard(overall).rows}
    assert {slug: row.preliminary for slug, row in rows.items()} == {
        "best": False,
        "good": False,
        "poor": True,
    }
    assert rows["poor"].upper - rows["poor"].lower > 300
    assert rows["poor"].rank > rows["best"].rank
    page = client.get("/leaderboard/overall/").content.decode()
    assert page.count('data-test="preliminary"') == 1
    assert "never won" not in page
    shown = client.get("/api/v1/boards/overall/leaderboard").json()["rows"]
    marks = {row["contestant"]: (row["preliminary"], row["marks"]) for row in shown}
    assert marks == {"best": (False, []), "good": (False, []), "poor": (True, ["few votes"])}
    published = client.get("/api/v1/boards/overall/snapshot").json()["rows"]
    assert {row["slug"] for row in published if row["preliminary"]} == {"poor"}


@pytest.mark.parametrize("style", Style)
def test_intervals_are_clustered_by_voter(
    overall: Board, trio: list[Contestant], client: Client, style: Style
) -> None:
    """12 voters of 10 votes each who always choose alike: worth 12 votes, not 120."""
    best, good, _ = trio
    for cluster in range(12):
        vote(overall, best, good, "a" if cluster % 3 else "b", 10, cluster=cluster)
    snapshot = publish(overall, style)
    assert snapshot is not None
    row = leaderboard(overall, style).rows[0]
    table = counts_of(Variant(overall)).table
    by_vote = engine.fit(table)
    by_voter = engine.fit(
        table.with_cells(table.cells / 10), engine.Conventions(preliminary_votes=1)
    )
    width = by_vote.upper[0] - by_vote.lower[0]
    assert row.upper - row.lower > 2.5 * width
    if style == Style.PLAIN:
        ten_times_as_few = by_voter.upper[0] - by_voter.lower[0]
        assert row.upper - row.lower == pytest.approx(1.1 * ten_times_as_few, rel=0.2)
    # The document has the sums, and only they explain the bounds.
    document = json.loads(json.dumps(snapshot_document(snapshot)))
    assert document["clusters"]["of"] == "group"
    assert document["clusters"]["number"] == 12
    assert [check for check in verify(document) if check.differences] == []
    document["clusters"] = None
    assert {"lower", "upper"} <= {check.name for check in verify(document) if check.differences}
    query = f"?style={style.value}"
    assert "clustered by voter" in client.get(f"/leaderboard/overall/{query}").content.decode()
    shown = client.get(f"/api/v1/boards/overall/leaderboard{query}").json()
    assert shown["intervals"] == "by voter"


def test_votes_of_unknown_voters_have_intervals_by_vote(
    overall: Board, trio: list[Contestant], client: Client
) -> None:
    """Its document has no word of clusters, as those from before there were any."""
    best, good, _ = trio
    vote(overall, best, good, "a", 40, cluster=1)
    vote(overall, good, best, "a", 30)
    snapshot = publish(overall)
    assert snapshot is not None
    assert "clusters" not in snapshot_document(snapshot)
    assert "each vote as if" in client.get("/leaderboard/overall/").content.decode()
    shown = client.get("/api/v1/boards/overall/leaderboard").json()
    assert shown["intervals"] == "by vote"


def test_style_is_held_equal_where_asked(overall: Board, trio: list[Contestant]) -> None:
    best, good, _ = trio
    # Whoever formats wins: held equal, nobody is better.
    for a, b in ((best, good), (good, best)):
        vote(overall, a, b, "b", 60)
        vote(overall, a, b, "a", 20)
    refit(overall, Style.CONTROLLED)
    view = leaderboard(overall, Style.CONTROLLED)
    assert [effect.name for effect in view.style_effects] == list(engine.GRID.names)
    together = sum(effect.coefficient for effect in view.style_effects)
    assert together > 1
    assert view.rows[0].rating == pytest.approx(view.rows[1].rating, abs=1)
    assert view.rows[0].tie_rating is None


def test_a_window_rates_by_its_own_votes(overall: Board, trio: list[Contestant]) -> None:
    best, good, poor = trio
    vote(overall, good, best, "a", 20, age=90)
    vote(overall, best, good, "a", 8)
    vote(overall, best, good, "b", 4)
    vote(overall, poor, best, "tie", 2)
    roll_windows()  # the day may have changed since the tables were made
    for window in Window:
        refit(overall, window=window)
    recent = leaderboard(overall, window=Window.MONTH)
    assert recent.since == datetime.now(UTC).date() - timedelta(days=29)
    assert recent.votes == 14
    assert recent.rows[-1].contestant == good
    assert leaderboard(overall).rows[0].contestant == good


def test_only_what_changed_is_fitted_and_the_overall_board_first(
    overall: Board, trio: list[Contestant]
) -> None:
    best, good, _ = trio
    code, german = boards_named(["code", "lang-de"])
    for board in (german, code, overall):
        vote(board, best, good, "a", 2)
    due = list(due_variants())
    assert len(due) == 3 * len(Style) * len(Window)
    assert {variant.board for variant in due[:4]} == {overall}
    assert refit_changed(seconds=60)
    assert list(due_variants()) == []
    assert Leaderboard.objects.count() == 12
    before = {fit.pk: fit.fitted_at for fit in Leaderboard.objects.all()}
    vote(code, best, good, "b")
    assert refit_changed(seconds=60)
    changed = [fit for fit in Leaderboard.objects.all() if before.get(fit.pk) != fit.fitted_at]
    assert {fit.board for fit in changed} == {code}
    assert len(changed) == 4
    vote(code, best, good, "b")
    assert not refit_changed(seconds=-1)  # out of time: the rest is left for later
    assert set(boards()) == {overall, code, german}


def test_a_snapshot_can_be_recomputed_from_its_document(
    overall: Board, trio: list[Contestant]
) -> None:
    play(overall, trio)
    for style in Style:
        for window in Window:
            snapshot = publish(overall, style, window)
            assert snapshot is not None
            assert publish(overall, style, window) is None
            document = snapshot_document(snapshot)
            checks = verify(json.loads(json.dumps(document)))
            assert {check.name for check in checks} >= {
                "digest",
                "total",
                "order",
                "rating",
                "first",
            }
            assert [check for check in checks if check.differences] == []
            forged = json.loads(json.dumps(document))
            forged["rows"][0]["rating"] += 0.01
            assert [check.name for check in verify(forged) if check.differences] == ["rating"]


def test_history_and_standings_of_a_contestant(
    overall: Board,
    trio: list[Contestant],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    best, good, poor = trio
    play(overall, trio)
    publish(overall)
    vote(overall, poor, best, "a", 30)
    publish(overall)
    with django_assert_num_queries(1):
        points = history(poor, overall)
        ratings = [(point.rating, point.snapshot.votes) for point in points]
    assert ratings[0][0] < ratings[1][0]
    assert [votes for _, votes in ratings] == [37, 67]
    assert RatingPoint.objects.count() == 6
    (standing,) = ranks_of(poor)
    assert (standing.board, standing.total) == (overall, 3)
    assert standing.row["votes"] == points[-1].votes
    (day,) = sampled_days(good)
    assert day.votes == 26
    assert day.share == pytest.approx(26 / 67)
