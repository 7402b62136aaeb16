"""How often an attacker takes a decoy for its target, and what that says about the attacker.

The attackers are those of `tests.battles.deanonymisers`, which also says where the answers are:

    python -m tests.battles.decoys alpaca_eval/results

It takes some ten minutes on one core, and less with fewer prompts: `--prompts 520`.
"""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from arena.integrity.statistics.voter.gold import GoldEvidence
from arena.text.transforms.mimicry import StyleMimic
from arena.text.transforms.style_profile import Profile, features_of, fit_profiles
from tests.battles.deanonymisers import (
    FEATURES,
    LEARNT,
    SEED,
    Answers,
    Guesses,
    accuracy,
    attacker,
    read,
    recall,
)
from tests.text.tables import Table, printed

LIKELIER = 0.97
"""How often the decoy looks more like the target's than the answer as it came, as measured by words
and marks."""

VOTERS = 1000
KEEPS = 0.95
"""How often a rigger keeps to the plan; the rest covers camouflage and errors."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Of decoys of one target made of one model's answers: shares of them.

    `floor` and `ceiling` are those of the same answers as they came, and of the target's own, that
    are taken for the target's; `likelier` is how often the decoy looks more like the target's than
    the answer as it came does.
    """

    changed: float
    marked: float
    floor: float
    taken: float
    ceiling: float
    likelier: float


@dataclass(frozen=True, slots=True)
class Decoys:
    """Decoys of one target made of one model's answers to prompts that nobody learns from.

    `changed`, shape (answers,), says of which answers there is one; `marked` is the share of the
    decoys that are changed in marks alone.
    """

    target: int
    own: int
    changed: NDArray[np.bool_]
    texts: Sequence[str]
    marked: float


def make_decoys(answers: Answers, profiles: Mapping[int, Profile]) -> list[Decoys]:
    """Of every model for every target."""
    found = []
    for target, profile in profiles.items():
        for own in set(range(len(answers))) - {target}:
            mimics = [
                StyleMimic(profile, profiles.get(own, Profile())) for _ in answers[own][LEARNT:]
            ]
            decoyed = [
                mimic.feed(answer) + mimic.end()
                for mimic, answer in zip(mimics, answers[own][LEARNT:], strict=True)
            ]
            changed = np.array([mimic.changes > 0 for mimic in mimics])
            if changed.any():
                marked = float(
                    np.mean([not mimic.visible_changes for mimic in mimics if mimic.changes])
                )
                texts = [decoyed[place] for place in np.flatnonzero(changed)]
                found.append(Decoys(target, own, changed, texts, marked))
    return found


def measure(model: Pipeline, plain: Sequence[Guesses], decoys: Sequence[Decoys]) -> list[Taken]:
    """What an attacker takes decoys for.

    `plain` is what it takes the answers for as they came, by model.
    """
    found = []
    for made in decoys:
        guesses, came = model.predict_proba(made.texts), plain[made.own][made.changed]
        found.append(
            Taken(
                changed=float(made.changed.mean()),
                marked=made.marked,
                floor=_share(came, made.target),
                taken=_share(guesses, made.target),
                ceiling=_share(plain[made.target][made.changed], made.target),
                likelier=float((guesses[:, made.target] > came[:, made.target]).mean()),
            )
        )
    return found


def _share(guesses: Guesses, target: int) -> float:
    """How many are taken for the target's."""
    return float((guesses.argmax(axis=1) == target).mean())


COLUMNS = ("changed", "invisible_decoy", "floor", "taken", "ceiling", "likelier")


def attackers_table(answers: Answers, profiles: Mapping[int, Profile]) -> tuple[Table, float]:
    """A row for each attacker, and how often the likelier side is the decoy for the best one that
    has seen none."""
    rows, likelier, decoys = [], 0.5, make_decoys(answers, profiles)
    for features in FEATURES:
        for seen in (False, True):
            model = attacker(answers, features, profiles=profiles if seen else None)
            plain = [model.predict_proba(of[LEARNT:]) for of in answers]
            found = measure(model, plain, decoys)
            means = [
                float(np.mean([getattr(each, column) for each in found])) for column in COLUMNS
            ]
            shares = (accuracy(plain), recall(plain), *means)
            name = f"{features}, has seen decoys" if seen else features
            rows.append([name, *(f"{share:.0%}" for share in shares)])
            likelier = likelier if seen else max(likelier, means[-1])
    title = f"Decoys, {len(answers[0]) - LEARNT} prompts not learnt from"
    return (title, ("attacker", "right of eight", "at 1% false alarms", *COLUMNS), rows), likelier


def evidence_table(likelier: float = LIKELIER) -> Table:
    """What votes on decoys alone say about voters: mean log e, and how many ever reach 100."""
    rng = np.random.default_rng(SEED)
    voters = {
        "picks the likelier side": np.full(VOTERS, likelier * KEEPS),
        "knows every decoy": np.full(VOTERS, KEEPS),
        "fan of the style": np.full(VOTERS, 0.7),
        "honest crowd": expit(rng.normal(0, 0.3, VOTERS)),
    }
    counts = (10, 20, 40)
    rows = []
    for kind in ("decoy", "invisible_decoy"):
        for name, picks in voters.items():
            if kind == "invisible_decoy" and name == "fan of the style":
                continue  # nobody sees it
            log_e = np.array([_course(kind, p, max(counts), rng) for p in picks])
            cells = [
                f"{log_e[:, n - 1].mean():+.1f}, {(log_e[:, :n].max(1) >= np.log(100)).mean():.1%}"
                for n in counts
            ]
            rows.append([f"{kind}: {name}, {picks.mean():.0%}", *cells])
    title = f"Log e after so many decoys, and how many of {VOTERS:,} voters ever reached e = 100"
    return title, ("", *map(str, counts)), rows


def _course(kind: str, picks: float, votes: int, rng: np.random.Generator) -> list[float]:
    """Log-e-values after each vote of one who picks the decoy so often."""
    evidence = GoldEvidence()
    found = []
    for picked in rng.random(votes) < picks:
        evidence.update(kind, "a", float(picked))
        found.append(evidence.log_e())
    return found


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prompts", type=int, help=f"{LEARNT} of them are learnt from")
    options = parser.parse_args()
    answers = read(options.folder, options.prompts)
    profiles = fit_profiles(
        {
            model: [(prompt, features_of(answer)) for prompt, answer in enumerate(of[:300])]
            for model, of in enumerate(answers)
        },
        is_blocked=lambda _: False,
    )
    table, likelier = attackers_table(answers, profiles)
    print(printed(table), end="\n\n")
    print(printed(evidence_table(likelier)))


if __name__ == "__main__":
    main()
