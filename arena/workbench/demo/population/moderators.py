"""What the moderators of the simulated site do, case by case.

Each step waits for a case that it can be done in. The cases that are left when all steps are done
wait in the queue.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count

from arena.integrity.models import Signal
from arena.moderation.cases.review import claim_case, return_case
from arena.moderation.decisions import appeals, deciding
from arena.moderation.decisions.appeals import answer_appeal
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import ban_networks, decide, undo
from arena.moderation.decisions.scope import networks_of
from arena.moderation.models import Case, Decision
from arena.voters.models import Member

REASON = {
    Signal.Kind.PREFERENCE: "Votes for one model, and leaves the other battles undecided.",
    Signal.Kind.GROUP: "One network, the same prompts, votes for one model.",
    Signal.Kind.ATTENTION: "Reads little, but votes as others do.",
    Signal.Kind.PROMPT: "Unusual prompts, but no favourite.",
    Case.CONTENT: "Read the whole conversation.",
}
MESSAGE = "Your votes favour one model far beyond what honest voters do, so they do not count."


Step = Callable[[], bool]
"""Does something in a case, and says whether there was a case for it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The moderators: one who decides, one who approves that, and one who answers appeals."""

    moderator: Member
    second: Member
    senior: Member

    def steps(self) -> list[Step]:
        """What is done over the weeks."""
        preference, content = Signal.Kind.PREFERENCE, Case.CONTENT
        kind = Decision.Kind
        return [
            lambda: self._decide(preference, kind.EXCLUDE, appealed="uphold"),
            lambda: self._decide(preference, kind.SUSPEND, appealed="grant"),
            lambda: self._decide(preference, kind.SUSPEND),
            lambda: self._decide(Signal.Kind.GROUP, kind.GROUP, appealed="wait"),
            lambda: self._decide(Signal.Kind.ATTENTION, kind.DISMISS),
            lambda: self._decide(Signal.Kind.ATTENTION, kind.EXCLUDE, undone=True),
            lambda: self._decide(Signal.Kind.PROMPT, kind.HOLD),
            lambda: self._decide(content, kind.HIDE),
            lambda: self._decide(content, kind.DISMISS),
            lambda: self._judge_simulated(self.senior),
            lambda: self._judge_simulated(self.moderator),
        ]

    def last_steps(self) -> list[Step]:
        """What is done on the last day: a ban, a claim, and decisions that wait for a second."""
        kind = Decision.Kind
        return [
            self._ban,
            lambda: self._decide(Signal.Kind.GROUP, kind.GROUP, seconded=False),
            self._claim,
        ]

    def _judge_simulated(self, author: Member) -> bool:
        """Decide a case of the quality check; what is decided does nothing."""
        for case in self._waiting(None, simulated=True):
            claim_case(case.pk, author)
            decide(case.pk, Decision.Kind.EXCLUDE, author, reason=REASON[Signal.Kind.PREFERENCE])
            return True
        return False

    def _waiting(self, kind: str | None, *, simulated: bool = False) -> list[Case]:
        """Open cases, the most urgent first; of a group those with the most voters."""
        cases = Case.objects.filter(state=Case.State.OPEN, assignee=None)
        cases = cases.filter(simulation__isnull=not simulated)
        if kind:
            cases = cases.filter(kind=kind)
        return list(cases.annotate(size=Count("voters")).order_by("-size", "-priority", "pk"))

    def _decide(
        self,
        kind: str,
        what: Decision.Kind,
        *,
        appealed: str = "",
        undone: bool = False,
        seconded: bool = True,
    ) -> bool:
        """Decide a case of this kind; have it appealed, undone, or wait for a second moderator."""
        fits = [case for case in self._waiting(kind) if self._fits(case, what)]
        if not fits:
            return False
        case, author = fits[0], self.moderator
        claim_case(case.pk, author)
        made = decide(
            case.pk,
            what,
            author,
            reason=REASON[kind],
            message="" if what in {Decision.Kind.DISMISS, Decision.Kind.HIDE} else MESSAGE,
        )
        if made.needs_second and seconded:
            deciding.approve_decision(
                made.pk, self.second, grant=True, reason="Looked at it as well: yes."
            )
        if not made.needs_second or seconded:
            apply_decision(made.pk)
        if appealed:
            self._appeal(case, made, appealed)
        if undone:
            undoing = undo(made.pk, author, reason="The wrong case: meant the one before.")
            apply_decision(undoing.pk)
        return True

    def _fits(self, case: Case, what: Decision.Kind) -> bool:
        if what == Decision.Kind.HIDE:
            return case.may_be_hidden
        return what != Decision.Kind.GROUP or case.voters.count() > 1

    def _appeal(self, case: Case, decision: Decision, answer: str) -> None:
        """Have a voter appeal; `answer` is grant, uphold, or wait."""
        voter = case.voters.order_by("pk").first()
        if voter is None:
            raise RuntimeError(f"Case {case.pk} has no voter who could appeal.")
        appeal = appeals.appeal(
            voter.pk,
            decision.pk,
            "I simply like how this model writes, and I skip battles that do not interest me. "
            "Please look again.",
        )
        if answer == "wait":
            return
        claim_case(case.pk, self.senior)
        answered = answer_appeal(
            appeal.pk,
            self.senior,
            grant=answer == "grant",
            reason="Looked at every vote again.",
            message="We looked at each of your votes again."
            + (" They count." if answer == "grant" else " The decision stands."),
        )
        if answered.needs_second:
            deciding.approve_decision(answered.pk, self.second, grant=True, reason="Agreed.")
        apply_decision(answered.pk)

    def _ban(self) -> bool:
        for case in self._waiting(Signal.Kind.PREFERENCE):
            if networks_of(case):
                claim_case(case.pk, self.senior)
                ban_networks(case.pk, self.senior, days=7, reason=REASON[Signal.Kind.PREFERENCE])
                return_case(case.pk, self.senior)
                return True
        return False

    def _claim(self) -> bool:
        for case in self._waiting(None):
            claim_case(case.pk, self.senior)
            return True
        return False
