"""Words that the project no longer uses, and the terms of the field that replaced them."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".py", ".js", ".html", ".css", ".md", ".txt", ".toml", ".yaml", ".yml", ".ipynb"}
LEFT_OUT = re.compile(
    r"/migrations/|^tests/ratings/export-|^frontend/static/vendor/|^tests/upgrade/site-|^CHANGELOG\.md$"
    r"|^tests/repository/(words|test_words)\.py$"
    r"|^tests/upgrade/published\.py$|/test_renamed_flags\.py$|^requirements.*\.txt$|^clients/"
    r"|^frontend/types/api\.d\.ts$"
)

# A pattern for the old word, and what to write instead. A pattern in lower case alone holds for
# any case; others hold as they stand.
REPLACED = {
    r"check[ _-]battles?|is_check\b|checkbattle": "gold question, is_gold",
    r"(?<!battles_)canar(y|ies)": "gold question",
    r"\bspoilt\b": "voided",
    r"\bmanners?\b|_manners?(\b|_)|\bmanner_": "style profile",
    r"\bdresser\b|(\b|_)wears?\b|\bworn\b|\bundressed\b|\bwearable\b": "mimic, mimics a style",
    r"\bTOLD\b": "MIN_Z_SCORE",
    r"\bKEPT_TO\b": "MIN_HABIT_SHARE",
    r"\bchanger(_of)?\b|\bnote_changed\b": "TextTransform, record_applied_transform",
    r"\btold_state\b": "public_state",
    r"\bimagined\b": "synthetic",
    r"\bgo_on\b": "advance_without_redis",
    r"\bARRIVED\b": "INITIAL_REASON",
    r"\bAWAITED\b": "NEEDS_ANSWER",
    r"\b_have_answered\b|\b_take_up\b|\b_give_up\b": "request_answers, requeue, fail_turn",
    r"\banew\b": "again, new, regenerated",
    r"\bWish\b": "SearchQuery, data",
    r"/mine/|\bown pages?\b": "account",
    r"\bon record\b|/record/": "public, verification",
    r"\bownchange\b|own_changes?\b|\bown_counts\b": "VoterCountDelta, voter ledger",
    r"\bFREELY\b|\bROOM\b": "MAX_HONEST_ODDS_RATIO, MODEL_SLOTS",
    r"\bBEGUN_EVERY\b|\bbegins anew\b|\bdealt out\b": "RESTART_EVERY, restart, allocated",
    r"\bof_nothing\b": "empty",
    r"\bHonesty\b|\bhelps_a\b|\bHabit\b": "NullHypothesis, gradient_sign, BehaviourFlag",
    r"\b_fold\b|\bunfit\b|\bsignal_of\b": "compact_ledger, is_blocked, strongest_signal",
    r"\bsleepless\b|\bhabits\.(unread|unseen|regular)\b": "too_fast, no_sleep_gap, not_scrolled",
    r"\bhold_riggers\b": "hold_shared_target_voters",
    r"\blet_pass\b|\breview_anew\b": "acknowledge_evidence, revoke_acknowledgement",
    r"\bsought_by\b|\bdecoy_wanted\b|\bsuspect\(\)": "suspected_target",
    r"\battack[ _]range\b|\bthe range of attacks\b": "attack simulator",
    r"\bmarked voters?\b|\braise_risk\b|\bis_marked\b|\bMARKED\b": "flagged voter",
    r"\bSLOWED\b|\bUNGUARDED\b": "FLAGGED_DIVISOR, FAIL_CLOSED",
    r"\btake_up\b|\blet_go\b": "claim_guest_on_login, anonymise",
    r"\blooked_over\b|\bnot_banned\b": "require_pii_confirmation, require_not_banned",
    r"\bOfBattles\b|\bAnySnapshotView\b|\bRetiring\b": "BattleAPIView, SnapshotDetailView",
    r"\bTicker\b|\bOfVariant\b": "LiveElo, LeaderboardKey",
    r"\bToldVote\b|\bborrows\b|\bat_stake\b": "VoteDetail, source_vote, batch_impact",
    r"\bcoarsened\b|told less exactly": "generalised",
    r"\bone_moment\b|\bwrite_beside\b|\b_Written\b": "snapshot_transaction, write_sidecars",
    r"doing a sum\b|do a sum\b": "proof of work, verifying your browser",
    r"\btold\b|\btells? of\b": "says, shown, reported (name who says what)",
}


def texts() -> Iterator[tuple[str, str]]:
    """The paths and texts of all files that people write."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for path in filter(None, listed.split("\0")):
        file = ROOT / path
        if file.suffix in SUFFIXES and not LEFT_OUT.search(path) and file.is_file():
            yield path, file.read_text()


def old_words(path: str, text: str) -> list[str]:
    """A line for each old word: where it stands, the word, and what replaced it."""
    found = []
    for pattern, term in REPLACED.items():
        flags = re.NOFLAG if re.search(r"[A-Z]", pattern.replace(r"\B", "")) else re.IGNORECASE
        for match in re.finditer(pattern, text, flags):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {match[0]!r}, now: {term}")
    return found
