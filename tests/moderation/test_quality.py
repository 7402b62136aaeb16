"""The blind quality check: simulated voters among the cases, and the scores of moderators."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from arena.battles.models import Conversation
from arena.integrity.simulator.world import make_world
from arena.leaderboards.models import Outcome
from arena.moderation import tasks
from arena.moderation.cases.review import Refused, claim_case, return_case
from arena.moderation.cases.simulated import open_simulated
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import decide, undo
from arena.moderation.evidence.votes import votes_of
from arena.moderation.models import AuditEntry, Case, DecidedVote, Decision, Simulation
from arena.moderation.quality import scores, simulated_voters
from arena.moderation.quality.simulate import simulate_voter
from arena.moderation.quality.simulated_voters import BOTH_BAD, suspect
from arena.moderation.roles import Role
from arena.moderation.transparency import months
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.factories import NewBattle, make_battles
from tests.frontend.policy import check
from tests.members import logged_in
from tests.moderation.cases import Rigged, claimed, figures
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db
ALPHA = 0.01


@pytest.fixture(autouse=True)
def small_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of them on a board of five."""
    monkeypatch.setattr(simulated_voters, "HONEST_AT_ONCE", 150)
    monkeypatch.setattr(simulated_voters, "VOTES", 150)


@pytest.mark.parametrize("rigs", [True, False])
def test_a_simulated_voter_reaches_the_threshold_and_votes_on(rigs: bool) -> None:
    """The seed is fixed: of 24 others one, for an honest voter, fails in vain."""
    world = make_world(5, votes=20_000)
    texts = {pair: range(100 * n, 100 * n + 20) for n, pair in enumerate(permutations(range(5), 2))}
    found = suspect(world.table, texts, rigs=rigs, alpha=ALPHA, rng=np.random.default_rng(2))
    assert found is not None
    log_e, n = [vote.log_e for vote in found.votes], found.suspected
    assert log_e[n - 1] >= -np.log(ALPHA) > max(log_e[: n - 1])
    assert n < len(log_e)
    assert all(vote.texts in texts[vote.a, vote.b] for vote in found.votes)
    assert max(Counter(vote.texts for vote in found.votes).values()) == 1
    assert {vote.outcome for vote in found.votes} <= {0, 1, 2, BOTH_BAD}
    assert 0 <= found.votes[n - 1].at < 86_400
    for before, vote in pairwise(found.votes):
        assert vote.at >= before.at + vote.seconds + 14.9
    few = {(0, 1): [1], (1, 0): [2]}
    assert suspect(world.table, few, rigs=rigs, alpha=ALPHA, rng=np.random.default_rng(2)) is None


def publish_battles(pool: list[Any], now: datetime, each: int = 12) -> None:
    """Public conversations of every two of a pool, over the last hundred days."""
    voter = Voter.objects.create()
    pairs = [pair for pair in permutations(pool, 2) for _ in range(each)]
    old = now - timedelta(days=100)
    make_battles(
        NewBattle(
            a,
            b,
            voter=voter,
            prompts=[f"Write to anna{number}@web.de"],
            language="en",
            answers=("Borrowed a", "Borrowed b"),
            finished_at=old,
            shown_at=old,
            may_publish=True,
            outcome=Outcome.A,
            cast_at=old + timedelta(hours=8 * number),
        )
        for number, (a, b) in enumerate(pairs)
    )


@pytest.fixture
def seeded(rigged: Rigged, case: Case, arena_settings: ChangeSettings) -> Callable[[], Case]:
    """Opens the next case of a simulated rigger."""
    publish_battles(rigged.pool, timezone.now())
    arena_settings(quality_check_share=0.9, second_moderator_points=0)

    def opened() -> Case:
        open_simulated(timezone.now() + timedelta(days=5))
        return Case.objects.exclude(simulation=None).latest("pk")

    return opened


def shape(page: str) -> set[tuple[str, ...]]:
    """The parts of a page: headings, forms and fields, without numbers and names."""
    page = re.sub(r"[0-9a-f]{8}-[\w-]+|\d+|Best|Good|Middle|Poor|Worst", "", page)
    return set(re.findall(r'<(h[123])[^>]*>([^<]*)|(?:data-test|name)="(\w+)"', page))


def test_a_simulated_case_looks_like_a_real_one_until_it_is_decided(
    rigged: Rigged, case: Case, moderator: Moderator, seeded: Callable[[], Case]
) -> None:
    before, report = figures(), [month.as_dict() for month in months()]
    rng = np.random.default_rng(1)
    made = [simulate_voter(timezone.now(), rng) for _ in range(5)]
    assert len([each for each in made if each]) == 4  # with two cases each, 0.9 of all nearly
    ann, bob = moderator("ann"), moderator("bob")
    client = logged_in(bob)
    simulated = seeded()
    assert simulated.simulation is not None
    pages = {}
    for number in (case.pk, simulated.pk):
        its = Case.objects.get(pk=number)
        vote = votes_of(its)[-1].pk
        voter = its.voters.get().pk
        for name, path in {
            "case": its.get_absolute_url(),
            "vote": f"{its.get_absolute_url()}votes/{vote}/",
            "voter": f"/moderation/voters/{voter}/",
            "other board": f"{its.get_absolute_url()}?board=fresh",
        }.items():
            pages[number, name] = client.get(path).content.decode()
            check(pages[number, name])
        form = {"case": claimed(its, bob), "kind": "exclude", "votes": str(vote)}
        pages[number, "preview"] = client.post("/moderation/preview/", form).content.decode()
    for name in ("case", "vote", "voter", "other board", "preview"):
        real, mock = pages[case.pk, name], pages[simulated.pk, name]
        assert shape(mock) == shape(real), name
        assert not re.search("simul|of the quality|exercise", mock, re.IGNORECASE), name
    assert "Borrowed a" in pages[simulated.pk, "vote"]
    assert "Counted on arrival" in pages[simulated.pk, "vote"]
    assert "web.de" not in pages[simulated.pk, "vote"]
    assert "1 vote goes from held to excluded" in pages[simulated.pk, "preview"]
    queue = client.get("/moderation/").content.decode()
    assert f'data-case="{simulated.pk}"' in queue
    lines = AuditEntry.objects.filter(action="opened").values_list("detail", flat=True)
    assert len({re.sub(r"[\d.e-]+", "", line) for line in lines}) == 1

    return_case(simulated.pk, bob)
    claim_case(simulated.pk, ann)
    decision = decide(simulated.pk, Decision.Kind.SUSPEND, ann, reason="It is always the same one.")
    apply_decision(decision.pk)
    assert (decision.needs_second, DecidedVote.objects.count()) == (False, 0)
    assert simulated.voters.get().suspended_at is None
    with pytest.raises(Refused, match="exercise"):
        undo(decision.pk, ann, reason="Wrong.")
    page = client.get(simulated.get_absolute_url()).content.decode()
    assert "This case was an exercise" in page
    assert "Truth:" not in page
    assert not re.search(
        "simul|of the quality|exercise", client.get(case.get_absolute_url()).content.decode()
    )
    assert (figures(), [month.as_dict() for month in months()]) == (before, report)
    closed = AuditEntry.objects.filter(case=simulated, action="decided").get()
    assert '"quality_check": true' in closed.detail


def test_senior_moderators_see_the_scores_of_moderators(
    rigged: Rigged, moderator: Moderator, seeded: Callable[[], Case]
) -> None:
    ann, bob, senior = moderator("ann"), moderator("bob"), moderator("sue", Role.SENIOR)
    rng = np.random.default_rng(2)
    made = [simulate_voter(timezone.now(), rng) for _ in range(3)]
    assert {each.truth for each in made if each} == {"rigger", "honest"}
    client = logged_in(senior)
    assert "No case has been decided yet." in client.get("/moderation/quality/").content.decode()
    seeded()
    names, lengths = [], set()
    for member in (ann, bob):
        for case in Case.objects.exclude(simulation=None).exclude(state="decided"):
            assert case.simulation is not None
            votes = votes_of(case)
            assert votes[-1].cast_at <= case.opened_at < votes[-1].cast_at + timedelta(days=1)
            names.append((case.voters.get(), votes[0].pk))
            lengths.add((case.simulation, len(votes)))
            wrong = member == bob and case.simulation == made[0]
            rigs = (case.simulation.truth == "rigger") != wrong
            kind = Decision.Kind.EXCLUDE if rigs else Decision.Kind.DISMISS
            decide(claimed(case, member), kind, member, reason="A test.")
        seeded()
    assert len(set(names)) == 6  # nothing shows that two are of one
    assert len(lengths) == 6
    assert not Simulation.objects.exclude(due_at=None).exists()
    page = client.get("/moderation/quality/").content.decode()
    check(page)
    rows = re.findall(r'row">(ann|bob)</th>(.*?)</tr>', page)
    counts = {name: re.findall(r'"number">(\d+)', row) for name, row in rows}
    wronged = ["0", "1"] if made[0] and made[0].truth == "honest" else ["1", "0"]
    assert counts == {"ann": ["3", "3", "0", "0", "0"], "bob": ["3", "2", "0", *wronged]}
    assert "decided on 3 voters and agree on 2" in page
    assert AuditEntry.objects.filter(actor=senior, action="read_quality").count() == 2
    judged = scores.judged()[0].decision.case
    assert "Truth:" in client.get(judged.get_absolute_url()).content.decode()


def test_agreement_is_krippendorffs_alpha() -> None:
    """Of ten pairs of values 7 agree; alpha by hand from the coincidences."""
    values = ["rr"] * 4 + ["hh"] * 3 + ["rh"] * 2 + ["ru"]
    found = [
        scores.Judged(
            Decision(kind={"r": "exclude", "h": "dismiss", "u": "hold"}[value], author_id=author),
            Simulation(pk=number),
        )
        for number, pair in enumerate(values)
        for author, value in enumerate(pair)
    ]
    measured = scores.agreement(found)
    assert (measured.pairs, measured.agreed) == (10, 7)
    # 20 values: 11 r, 8 h, 1 u. Observed 6/20; by chance 2 (88 + 11 + 8) / (20 * 19).
    assert measured.alpha == pytest.approx(1 - (6 / 20) / (214 / 380))


def test_a_young_site_simulates_no_voters(
    rigged: Rigged, case: Case, arena_settings: ChangeSettings, seeded: Callable[[], Case]
) -> None:
    rng = np.random.default_rng(1)
    arena_settings(quality_check_share=0.05)
    assert simulate_voter(timezone.now(), rng) is None
    arena_settings(quality_check_share=0.9)
    assert simulate_voter(timezone.now() - timedelta(days=101), rng) is None
    Conversation.objects.all().delete()
    tasks.simulate()
    assert not Simulation.objects.exists()
