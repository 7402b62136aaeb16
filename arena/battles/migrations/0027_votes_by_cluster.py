from collections import defaultdict

from django.db import connection, migrations

# Votes that counted before, by board, day, pair and the cluster of their voter; with the half
# points that they gave the contestant of the lower id.
COUNTED = """
    SELECT board.id, (vote.cast_at AT TIME ZONE 'UTC')::date,
        least(battle.contestant_a_id, battle.contestant_b_id),
        greatest(battle.contestant_a_id, battle.contestant_b_id),
        voter.cluster, count(*),
        sum(CASE
            WHEN vote.outcome NOT IN ('a', 'b') THEN 1
            WHEN (vote.outcome = 'a') = (battle.contestant_a_id < battle.contestant_b_id) THEN 2
            ELSE 0
        END)
    FROM battles_vote AS vote
    JOIN battles_battle AS battle ON battle.id = vote.battle_id
    JOIN voters_voter AS voter ON voter.id = vote.voter_id
    CROSS JOIN LATERAL (
        SELECT standing FROM battles_votestanding
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT count(*) AS turns, bool_and(repeats_id IS NULL) AS fresh,
            (array_agg(language ORDER BY number))[1] AS language
        FROM battles_turn WHERE battle_id = vote.battle_id AND dropped = ''
    ) AS asked
    JOIN ratings_board AS board ON board.slug = 'overall'
        OR board.slug = 'fresh' AND asked.fresh
        OR board.slug = 'multi-turn' AND asked.turns > 1
        OR asked.language <> 'und' AND board.slug = 'lang-' || asked.language
        OR board.slug IN (
            SELECT replace(topic, '_', '-') FROM battles_turn, unnest(topics) AS topic
            WHERE battle_id = vote.battle_id AND dropped = ''
        )
    WHERE newest.standing = 'counted'
    GROUP BY 1, 2, 3, 4, 5
"""
DAY = """
    UPDATE ratings_pairday SET voters = %s
    WHERE board_id = %s AND day = %s AND first_id = %s AND second_id = %s
"""
TOTAL = """
    UPDATE ratings_pairtotal SET voters = %s, changes = changes + 1
    WHERE board_id = %s AND "window" = %s AND first_id = %s AND second_id = %s
"""


def fill(apps, schema_editor):
    """Sort the votes that are counted by the clusters of their voters."""
    days = defaultdict(lambda: [0] * 512)
    totals = defaultdict(lambda: [0] * 512)
    with connection.cursor() as cursor:
        cursor.execute('SELECT "window", first_day FROM ratings_windowstart')
        starts = cursor.fetchall()
        cursor.execute(COUNTED)
        for board, day, first, second, cluster, votes, half_points in cursor.fetchall():
            windows = ["all", *(window for window, begin in starts if day >= begin)]
            for kept in (days[board, day, first, second],
                         *(totals[board, window, first, second] for window in windows)):
                kept[cluster] += votes
                kept[256 + cluster] += half_points
        cursor.executemany(DAY, [(voters, *key) for key, voters in days.items()])
        cursor.executemany(TOTAL, [(voters, *key) for key, voters in totals.items()])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ('battles', '0026_endings'),
        ('ratings', '0004_clusters'),
        ('voters', '0005_voter_cluster'),
    ]

    run_before = [('ratings', '0007_standard_terms')]  # which renames `changes`

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
