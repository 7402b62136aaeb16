"""What each attack of the simulator does, for the key of the tables."""

ATTACK_KEY = {
    "target-only": "opens battles until one shows the target, abandons the others, and votes for
    it", "target-only, selective in 20%": "does so for one vote in five; votes honestly in between",
    "target-only, 25% honest": "target-only, with a quarter of the votes honest", "target-only, 50%
    honest": "target-only, with half of the votes honest", "target-only, 75% honest": "target-only,
    with three quarters of the votes honest", "target-only, 90% honest": "target-only, with nine
    tenths of the votes honest", "target-only, non-selective": "votes on every battle; for the
    target if it is shown, else honestly", "target-only, low rate": "target-only for three votes in
    ten, about three sessions of one vote a day", "target-only, evades the single-voter test":
    "computes its own e-value, and keeps it below the " "threshold", "target-only, evades all
    tests": "also keeps its e-value for each single target below the " "threshold, which the pooled
    test needs", "target-only, mildly selective, 90% classifier": "opens at most six battles for a
    vote, and " "recognises the target in 90% instead of 95% of the battles", "demotion of a rival":
    "target-only, but votes against a rival", "omnipresent": "votes in every battle for the outcome
    that raises the target most", "omnipresent, 50% honest": "omnipresent, with half of the votes
    honest", "omnipresent, 90% honest": "omnipresent, with nine tenths of the votes honest",
    "omnipresent, evades the single-voter test": "omnipresent, but keeps its own e-value below the "
    "threshold", "omnipresent after 50 honest votes": "omnipresent from the 51st vote on",
    "preference at the honest limit": "prefers the target, and seeks its battles, as far as the null
    " "hypothesis allows", "ties with the top ten": "seeks battles of the target against the ten
    best models, and calls ties", "ties with the top ten, 50% honest": "does so for half of the
    votes", "ties with stronger models": "seeks battles of the target against stronger models, and
    calls ties", "ties with stronger models, 50% honest": "does so for half of the votes", "ties
    instead of losses": "seeks battles of the target; calls a tie where it would lose", "ties
    instead of losses, 50% honest": "does so for half of the votes", "both bad instead of a rival's
    wins": "seeks battles of a rival; says both bad where it would win", "both bad instead of a
    rival's wins, 50% honest": "does so for half of the votes", "both bad for a rival and weaker
    models": "seeks battles of a rival against weaker models, and says " "both bad", "target-only,
    ties elsewhere": "votes on every battle; for the target if it is shown, else a tie", "random
    bot": "picks a side at random, like a machine in timing", "always-A bot": "picks side A, like a
    machine in timing", "replay bot": "repeats ten recorded picks with five prompts", "sybils of 1
    vote": "200 accounts of one person, one vote each, from three networks and two browsers",
    "sybils of 1 vote, any browser": "the same, but each account has a browser of its own", "sybils
    of 5 votes": "40 accounts of one person, five votes each", "sybils of 20 votes": "ten accounts
    of one person, twenty votes each, half of them honest",
}
