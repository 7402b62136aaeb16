"""How often an attacker takes a decoy for its target, and what that tells of the attacker.

The attacker has learnt whose answers are whose from answers to other prompts, by a logistic
regression on TF-IDF of words, or of words and marks, as in Huang et al. 2025 (arXiv 2501.07493),
"Exploring and Mitigating Adversarial Manipulation of Voting-Based Leaderboards". The answers are
real, of eight models to the same 805 prompts:

    git clone https://github.com/tatsu-lab/alpaca_eval
    python -m tests.battles.decoys alpaca_eval/results

They are under CC BY-NC 4.0, and no part of this repository. Two minutes, on one core.
"""

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from arena.battles.text.manner import Dresser, Manner, learn, worn
from arena.integrity.core.canaries import CanaryEvidence
from tests.battles.text.tables import Table, printed

MODELS = (
    "gpt-4o-2024-05-13",
    "claude-3-opus-20240229",
    "Meta-Llama-3-8B-Instruct",
    "gemini-pro",
    "Mixtral-8x7B-Instruct-v0.1",
    "Qwen1.5-72B-Chat",
    "gpt-3.5-turbo-0613",
    "claude-2",
)
LEARNT = 400
"""Prompts whose answers the attacker learns from; manners are learnt from the first 300."""

TOKENS = {"words": r"\w+", "words and marks": r"\w+|[^\w\s]|\n+"}
SEED = 1
LIKELIER = 0.97
"""How often the decoy looks more like the target's than the answer as it came, as measured by words
and marks."""

VOTERS = 1000
KEEPS = 0.95
"""How often a rigger keeps to the plan; the rest covers camouflage and errors."""

Answers = Sequence[Sequence[str]]
"""By model, then by prompt."""


def read(folder: Path) -> Answers:
    """The answers of all models, in one order of the prompts that all answered."""
    found = [
        {
            row["instruction"]: row["output"]
            for row in json.loads((folder / model / "model_outputs.json").read_text())
            if row["output"].strip()
        }
        for model in MODELS
    ]
    prompts = sorted(set.intersection(*map(set, found)))
    random.Random(SEED).shuffle(prompts)
    return [[of[prompt] for prompt in prompts] for of in found]


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


def attacker(answers: Answers, tokens: str) -> Pipeline:
    """One who has learnt from the first answers."""
    model = make_pipeline(
        TfidfVectorizer(token_pattern=tokens, ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(C=10, max_iter=400),
    )
    known = [answer for of in answers for answer in of[:LEARNT]]
    return model.fit(known, np.repeat(np.arange(len(answers)), LEARNT))


def measure(
    answers: Answers, manners: dict[int, Manner], model: Pipeline
) -> dict[int, list[Taken]]:
    """What the attacker takes decoys for, by target, on answers to the other prompts."""
    plain = [model.predict_proba(of[LEARNT:]) for of in answers]
    found: dict[int, list[Taken]] = {target: [] for target in manners}
    for target, wears in manners.items():
        for own in set(range(len(answers))) - {target}:
            dressers = [Dresser(wears, manners.get(own, Manner())) for _ in plain[own]]
            dressed = [
                dresser.feed(answer) + dresser.end()
                for dresser, answer in zip(dressers, answers[own][LEARNT:], strict=True)
            ]
            changed = np.array([dresser.changes > 0 for dresser in dressers])
            if not changed.any():
                continue
            decoys = model.predict_proba([dressed[place] for place in np.flatnonzero(changed)])
            came = plain[own][changed]
            found[target].append(
                Taken(
                    changed=float(changed.mean()),
                    marked=float(np.mean([not d.seen for d in dressers if d.changes])),
                    floor=_share(came, target),
                    taken=_share(decoys, target),
                    ceiling=_share(plain[target][changed], target),
                    likelier=float((decoys[:, target] > came[:, target]).mean()),
                )
            )
    return found


def _share(guesses: NDArray[np.float64], target: int) -> float:
    """How many are taken for the target's."""
    return float((guesses.argmax(axis=1) == target).mean())


def taken_table(answers: Answers, manners: dict[int, Manner], name: str) -> tuple[Table, float]:
    """The table for one kind of attacker, and how often the likelier side is the decoy."""
    found = measure(answers, manners, attacker(answers, TOKENS[name]))
    rows = []
    columns = ("changed", "marked", "floor", "taken", "ceiling", "likelier")
    for target, those in [*found.items(), (None, [each for of in found.values() for each in of])]:
        means = [np.mean([getattr(each, column) for each in those]) for column in columns]
        label = "all" if target is None else MODELS[target]
        rows.append([label, *(f"{mean:.0%}" for mean in means)])
    title = f"Decoys, told by {name}; {len(answers[0]) - LEARNT} prompts not learnt from"
    return (title, ("target", *columns), rows), float(means[-1])


def evidence_table(likelier: float = LIKELIER) -> Table:
    """What votes on decoys alone tell of voters: the mean of log e, and how many ever reach 100."""
    rng = np.random.default_rng(SEED)
    voters = {
        "picks the likelier side": np.full(VOTERS, likelier * KEEPS),
        "knows every decoy": np.full(VOTERS, KEEPS),
        "fan of the manner": np.full(VOTERS, 0.7),
        "honest crowd": expit(rng.normal(0, 0.3, VOTERS)),
    }
    counts = (10, 20, 40)
    rows = []
    for kind in ("decoy", "marked"):
        for name, picks in voters.items():
            if kind == "marked" and name == "fan of the manner":
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
    evidence = CanaryEvidence()
    found = []
    for picked in rng.random(votes) < picks:
        evidence.update(kind, "a", float(picked))
        found.append(evidence.log_e())
    return found


def main(folder: Path) -> None:
    answers = read(folder)
    manners = learn(
        {
            model: [(prompt, worn(answer)) for prompt, answer in enumerate(of[:300])]
            for model, of in enumerate(answers)
        },
        unfit=lambda _: False,
    )
    likelier = 0.5
    for name in TOKENS:
        table, likelier = taken_table(answers, manners, name)
        print(printed(table), end="\n\n")
    print(printed(evidence_table(likelier)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
