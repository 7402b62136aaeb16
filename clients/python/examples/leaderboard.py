"""A board, its matrix of wins and the votes behind them as pandas tables.

python leaderboard.py https://arena.example
"""

import sys

import pandas as pd

from blind_arena_client import Client
from blind_arena_client.api.boards import boards_leaderboard_retrieve, boards_matrix_retrieve
from blind_arena_client.api.contestants import contestants_history_retrieve


def main(site: str) -> None:
    with Client(base_url=site, raise_on_unexpected_status=True) as client:
        board = boards_leaderboard_retrieve.sync("overall", client=client)
        rows = pd.DataFrame(row.to_dict() for row in board.rows)
        print(rows[["rank", "name", "rating", "lower", "upper", "votes"]].to_string(index=False))

        pairs = boards_matrix_retrieve.sync("overall", client=client).pairs
        matrix = pd.DataFrame(pair.to_dict() for pair in pairs)
        shares = matrix.pivot(index="first", columns="second", values="share")
        print("\nShare of points of the first against the second")
        print(shares.round(2).to_string())

        best = board.rows[0].contestant
        points = contestants_history_retrieve.sync(best, client=client).points
        history = pd.DataFrame(point.to_dict() for point in points)
        history = history.set_index(pd.to_datetime(history["published_at"]))["rating"]
        print(f"\nRatings of {best}")
        print(history.to_string())


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
