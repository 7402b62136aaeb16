"""The evidence on the pages of moderators: gold questions, weights, linked voters."""

import re
from collections import Counter

import pytest
from django.test import Client

from arena.battles.models import KnownPrompt, Side, Turn, Vote, VoteStanding, VoteWeight
from arena.battles.voting.standing import change_standing
from arena.battles.voting.weights import Weight, set_weights
from arena.integrity.statistics.collusion.rings import FEW
from arena.leaderboards.models import Outcome
from arena.moderation.decisions.preview import preview
from arena.moderation.models import AuditEntry, Case, Decision
from arena.voters.models import Voter
from tests.factories import make_battle
from tests.frontend.policy import check
from tests.integrity.conftest import cast_in_check
from tests.members import logged_in
from tests.moderation.cases import Rigged
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db


def test_a_case_shows_votes_on_gold_questions(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    client = logged_in(moderator("ann"))
    assert "Gold questions" not in client.get(case.get_absolute_url()).content.decode()
    for number in range(30):
        side = Side("ab"[number % 2])
        for changed, outcome, target in (
            (side, Outcome(side), rigged.pool[3]),  # always the decoy
            (side, [Outcome.A, Outcome.B, Outcome.TIE][number % 3], None),
            ("", Outcome.A if number % 2 else Outcome.B, None),
        ):
            cast_in_check(rigged.voter, changed, outcome, contestant=rigged.pool[0], target=target)
    page = client.get(case.get_absolute_url()).content.decode()
    check(page)
    table = page[page.index('data-test="checked"') :].split("</table>")[0]
    table = table.replace("\N{EN DASH}", "-")
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("<tr")[2:]]
    assert rows == [
        "> Side A, both answers unchanged 30 15 of 30 35-65%",
        'class="odd"> The answer in the style of Poor 30 30 of 30 25-75%',
        "> The intact answer, the other has shuffled words 30 10 of 20 70-100%",
    ]


def weight_cells(client: Client, case: Case) -> str:
    page = client.get(case.get_absolute_url()).content.decode()
    cells = re.findall(r'data-test="weight">(.*?)</td>', page)
    return "|".join(re.sub("<[^>]+>", "", cell) for cell in cells)


def test_a_case_shows_the_weight_of_each_vote(
    rigged: Rigged, case: Case, moderator: Moderator
) -> None:
    """What a decision moves is then that much less, too."""
    client = logged_in(moderator("ann"))
    whole = preview(case, Decision.Kind.DISMISS, {}).influence
    assert whole > 0
    votes = Vote.objects.filter(voter=rigged.voter)
    VoteWeight.objects.bulk_create(VoteWeight(vote=v, tenths=4, group="day") for v in votes)
    assert "0.4" not in weight_cells(client, case)  # nobody sees weights of votes that are held
    chosen = [vote for vote in votes.order_by("pk") if vote.standings.all()[0].standing == "held"]
    for vote in chosen[:5]:
        change_standing(vote, VoteStanding.Standing.COUNTED, reason="For a test.")
    set_weights({chosen[0].pk: Weight()})
    page = client.get(case.get_absolute_url()).content.decode()
    check(page)
    assert "5 votes count, with a total weight of 2.6." in page
    table = page.split('data-test="weights"')[1].split("</table>")[0]
    rows = re.findall(
        r'row">([^<]+)</th><td class="number">(\d+)</td><td class="number">([\d.]+)', table
    )
    assert rows == [
        ("votes of new voters on one day", "4", "1.6"),
        ("nothing: they count fully", "1", "1.0"),
    ]
    shown = Counter(weight_cells(client, case).split("|"))
    assert shown == {"": len(votes) - 5, "1.0": 1, "0.4 votes of new voters on one day": 4}
    counted = client.get(f"{case.get_absolute_url()}votes/{chosen[0].pk}/").content.decode()
    check(counted)
    assert "<strong>0.4</strong> · bounded by votes of new voters on one day" in counted
    assert "<strong>1.0</strong> · no bound" in counted
    held = client.get(f"{case.get_absolute_url()}votes/{chosen[5].pk}/").content.decode()
    assert 'data-test="weights"' not in held
    assert 0 < preview(case, Decision.Kind.DISMISS, {}).influence < 0.8 * whole
    VoteWeight.objects.bulk_create(VoteWeight(vote=v, tenths=0, group="day") for v in votes)
    assert preview(case, Decision.Kind.DISMISS, {}).influence == 0


def test_a_page_shows_linked_voters(rigged: Rigged, case: Case, moderator: Moderator) -> None:
    """One shares two networks with the rigger, others a prompt or a browser, and one nothing."""
    ann, voter = moderator("ann"), rigged.voter
    client = logged_in(ann)

    def battle(
        by: Voter,
        network: str | None,
        prompt: str,
        repeats: KnownPrompt | None = None,
        client_signature: str | None = None,
    ) -> Turn:
        a, b = rigged.pool[:2]
        prompts = [prompt]
        made = make_battle(
            a,
            b,
            voter=by,
            prompts=prompts,
            repeats=repeats,
            network=network,
            client_signature=client_signature,
        )
        return made.turns.get()

    near, far, alike, further = (Voter.objects.create() for _ in range(4))
    known = KnownPrompt.objects.create(turn=battle(voter, "192.0.2.0/24", "Same"), bands=[1])
    battle(voter, "198.51.100.0/24", "Other", client_signature="rare")
    battle(voter, None, "With another browser", client_signature="common")
    for network in ("192.0.2.0/24", "198.51.100.0/24"):
        battle(near, network, "Mine", client_signature="common")
    battle(far, "203.0.113.0/24", "The same", known, client_signature="common")
    battle(alike, "233.252.0.0/24", "Alike", client_signature="rare")
    battle(further, "203.0.113.0/24", "Another one")
    for _ in range(FEW - 2):  # one more than may share it
        battle(Voter.objects.create(), None, "Something", client_signature="common")

    def linked(to: Voter) -> list[tuple[str, ...]]:
        page = client.get(f"/moderation/voters/{to.pk}/").content.decode()
        check(page)
        row = r'/voters/([\w-]+)/" data-open>' + r'.*?"number">(\d+)<' * 3
        return re.findall(row, page)

    assert linked(voter) == [
        (str(near.pk), "2", "0", "0"),
        (str(far.pk), "0", "1", "0"),
        (str(alike.pk), "0", "0", "1"),
    ]
    assert set(linked(far)) == {(str(voter.pk), "0", "1", "0"), (str(further.pk), "1", "0", "0")}
    assert linked(Voter.objects.create()) == []
    assert AuditEntry.objects.filter(actor=ann, action="read_voter").count() == 3
    assert f"/moderation/voters/{voter.pk}/" in client.get(case.get_absolute_url()).content.decode()
