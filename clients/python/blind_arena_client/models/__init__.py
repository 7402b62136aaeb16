"""Contains all the data models used in inputs/outputs"""

from .answers import Answers
from .attention import Attention
from .battle import Battle
from .battle_state_enum import BattleStateEnum
from .blank_enum import BlankEnum
from .board import Board
from .boards_leaderboard_retrieve_style import BoardsLeaderboardRetrieveStyle
from .boards_leaderboard_retrieve_window import BoardsLeaderboardRetrieveWindow
from .boards_matrix_retrieve_window import BoardsMatrixRetrieveWindow
from .boards_snapshot_retrieve_style import BoardsSnapshotRetrieveStyle
from .boards_snapshot_retrieve_window import BoardsSnapshotRetrieveWindow
from .boards_snapshots_retrieve_style import BoardsSnapshotsRetrieveStyle
from .boards_snapshots_retrieve_window import BoardsSnapshotsRetrieveWindow
from .chain import Chain
from .chain_entry import ChainEntry
from .claim import Claim
from .contestant import Contestant
from .contestant_state_enum import ContestantStateEnum
from .contestants_history_retrieve_style import ContestantsHistoryRetrieveStyle
from .contestants_history_retrieve_window import ContestantsHistoryRetrieveWindow
from .contestants_list_state import ContestantsListState
from .ending_enum import EndingEnum
from .endings import Endings
from .endpoint_change import EndpointChange
from .export import Export
from .export_list import ExportList
from .exported_vote_list import ExportedVoteList
from .exported_vote_list_results_item import ExportedVoteListResultsItem
from .fragility import Fragility
from .frame import Frame
from .frame_type_enum import FrameTypeEnum
from .group_enum import GroupEnum
from .history import History
from .image import Image
from .input_enum import InputEnum
from .intervals_enum import IntervalsEnum
from .key import Key
from .keys import Keys
from .kind_enum import KindEnum
from .leaderboard import Leaderboard
from .leaderboard_row import LeaderboardRow
from .live import Live
from .matrix import Matrix
from .methodology import Methodology
from .methodology_change import MethodologyChange
from .methodology_export import MethodologyExport
from .methodology_integrity import MethodologyIntegrity
from .methodology_rating import MethodologyRating
from .methodology_sampling import MethodologySampling
from .methodology_style import MethodologyStyle
from .methodology_windows import MethodologyWindows
from .mode_enum import ModeEnum
from .multiplicity import Multiplicity
from .new_battle import NewBattle
from .new_battle_form import NewBattleForm
from .new_turn import NewTurn
from .new_vote import NewVote
from .outcome_enum import OutcomeEnum
from .pair import Pair
from .personal_data_enum import PersonalDataEnum
from .problem import Problem
from .problem_error import ProblemError
from .rating_point import RatingPoint
from .reaction import Reaction
from .reason_enum import ReasonEnum
from .regeneration import Regeneration
from .report import Report
from .revealed_contestant import RevealedContestant
from .revealed_contestants import RevealedContestants
from .sampled_day import SampledDay
from .sampling_rate import SamplingRate
from .side_enum import SideEnum
from .snapshot import Snapshot
from .snapshot_conventions import SnapshotConventions
from .snapshot_grid_type_0 import SnapshotGridType0
from .snapshot_head import SnapshotHead
from .snapshot_list import SnapshotList
from .snapshot_notes import SnapshotNotes
from .snapshot_rows_item import SnapshotRowsItem
from .state_change import StateChange
from .status import Status
from .style_effect import StyleEffect
from .style_enum import StyleEnum
from .ticker_retrieve_format import TickerRetrieveFormat
from .today import Today
from .trait_enum import TraitEnum
from .traits import Traits
from .turn import Turn
from .version import Version
from .version_claim import VersionClaim
from .vote import Vote
from .vote_effect import VoteEffect
from .vote_period import VotePeriod
from .window_enum import WindowEnum

__all__ = (
    "Answers",
    "Attention",
    "Battle",
    "BattleStateEnum",
    "BlankEnum",
    "Board",
    "BoardsLeaderboardRetrieveStyle",
    "BoardsLeaderboardRetrieveWindow",
    "BoardsMatrixRetrieveWindow",
    "BoardsSnapshotRetrieveStyle",
    "BoardsSnapshotRetrieveWindow",
    "BoardsSnapshotsRetrieveStyle",
    "BoardsSnapshotsRetrieveWindow",
    "Chain",
    "ChainEntry",
    "Claim",
    "Contestant",
    "ContestantsHistoryRetrieveStyle",
    "ContestantsHistoryRetrieveWindow",
    "ContestantsListState",
    "ContestantStateEnum",
    "EndingEnum",
    "Endings",
    "EndpointChange",
    "Export",
    "ExportedVoteList",
    "ExportedVoteListResultsItem",
    "ExportList",
    "Fragility",
    "Frame",
    "FrameTypeEnum",
    "GroupEnum",
    "History",
    "Image",
    "InputEnum",
    "IntervalsEnum",
    "Key",
    "Keys",
    "KindEnum",
    "Leaderboard",
    "LeaderboardRow",
    "Live",
    "Matrix",
    "Methodology",
    "MethodologyChange",
    "MethodologyExport",
    "MethodologyIntegrity",
    "MethodologyRating",
    "MethodologySampling",
    "MethodologyStyle",
    "MethodologyWindows",
    "ModeEnum",
    "Multiplicity",
    "NewBattle",
    "NewBattleForm",
    "NewTurn",
    "NewVote",
    "OutcomeEnum",
    "Pair",
    "PersonalDataEnum",
    "Problem",
    "ProblemError",
    "RatingPoint",
    "Reaction",
    "ReasonEnum",
    "Regeneration",
    "Report",
    "RevealedContestant",
    "RevealedContestants",
    "SampledDay",
    "SamplingRate",
    "SideEnum",
    "Snapshot",
    "SnapshotConventions",
    "SnapshotGridType0",
    "SnapshotHead",
    "SnapshotList",
    "SnapshotNotes",
    "SnapshotRowsItem",
    "StateChange",
    "Status",
    "StyleEffect",
    "StyleEnum",
    "TickerRetrieveFormat",
    "Today",
    "TraitEnum",
    "Traits",
    "Turn",
    "Version",
    "VersionClaim",
    "Vote",
    "VoteEffect",
    "VotePeriod",
    "WindowEnum",
)
