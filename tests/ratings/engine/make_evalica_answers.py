"""Write evalica.json: what evalica 0.4.2 makes of the first votes in arena_rank.json.

    build/bench/bin/python tests/ratings/engine/make_evalica_answers.py

Its iterations stop by default after 100 rounds or at a change of 1e-6; here they run on.
"""

import json
from pathlib import Path

import evalica

WINNERS = {
    "model_a": evalica.Winner.X,
    "model_b": evalica.Winner.Y,
    "tie": evalica.Winner.Draw,
    "both_bad": evalica.Winner.Draw,
}
EXACT = {"tolerance": 1e-13, "limit": 100_000}
K = 4.0


def main() -> None:
    folder = Path(__file__).parent
    rows = json.loads((folder / "arena_rank.json").read_text())["votes"]
    votes = [row[0] for row in rows], [row[1] for row in rows], [WINNERS[row[2]] for row in rows]
    newman = evalica.newman(*votes, **EXACT)
    answers = {
        "bradley_terry": evalica.bradley_terry(*votes, **EXACT).scores.to_dict(),
        "newman": newman.scores.to_dict(),
        "newman_v": newman.v,
        "elo": evalica.elo(*votes, k=K).scores.to_dict(),
        "elo_k": K,
    }
    path = folder / "evalica.json"
    path.write_text(json.dumps(answers, separators=(",", ":")) + "\n")
    print(f"wrote {path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
