"""The command `simulate`: write votes from a known truth."""

import argparse
import json

import numpy as np
from tqdm import tqdm

from ratings import engine
from ratings.cli.output import AGREES
from ratings.engine import simulate
from ratings.votefile import write_votes

CHUNK = 1_000_000  # votes simulated between two moves of the progress bar


def run_simulate(options: argparse.Namespace) -> int:
    if options.models < 2:
        raise ValueError("Votes need two models.")
    rng = np.random.default_rng(options.seed)
    points = engine.bradley_terry.points_per_logit(engine.Conventions())
    truth = simulate.spread_strengths(options.models, options.spread / points, rng)
    width = len(str(options.models - 1))
    models = [f"model-{number:0{width}d}" for number in range(options.models)]
    parts = []
    with tqdm(total=options.votes, unit=" votes", unit_scale=True, disable=None) as bar:
        for start in range(0, options.votes, CHUNK):
            a, b = simulate.uniform_pairs(options.models, min(CHUNK, options.votes - start), rng)
            parts.append(
                (a, b, simulate.draw_outcomes(truth[a] - truth[b], rng, ties=options.ties))
            )
            bar.update(len(a))
    a, b, outcome = (np.concatenate(column) for column in zip(*parts, strict=True))
    write_votes(options.out, models, a, b, outcome.astype(np.intp))
    if options.truth:
        ratings = {
            model: round(1000 + points * strength, 2)
            for model, strength in zip(models, truth.tolist(), strict=True)
        }
        options.truth.write_text(json.dumps(ratings, indent=1) + "\n")
    return AGREES
