from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.battle_state_enum import BattleStateEnum
from ..models.mode_enum import ModeEnum
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
    from ..models.reaction import Reaction
    from ..models.revealed_contestants import RevealedContestants
    from ..models.turn import Turn
    from ..models.vote import Vote


T = TypeVar("T", bound="Battle")


@_attrs_define
class Battle:
    """The documentation's view of `arena.battles.reading.battle_view.BattleView`.

    Attributes:
        id (UUID):
        mode (ModeEnum): * `blind` - blind: two contestants drawn at random
            * `side_by_side` - side by side: two contestants of the voter's choice
            * `direct` - direct: a chat with one contestant of the voter's choice
        state (BattleStateEnum): * `generating` - the answers are being written
            * `open` - open to a vote
            * `voted` - voted
            * `failed` - failed
        failure (None | str): Of the battle, or of a further prompt that got no answers.
        turns (list[Turn]):
        url (str): The battle's page.
        socket (str): The battle's WebSocket, on this host.
        vote (None | Vote):
        reaction (None | Reaction):
        contestants (None | RevealedContestants): After the vote only, unless the caller chose them.
        conversation (None | str): The page on which everybody can read it, after the vote.
    """

    id: UUID
    mode: ModeEnum
    state: BattleStateEnum
    failure: None | str
    turns: list[Turn]
    url: str
    socket: str
    vote: None | Vote
    reaction: None | Reaction
    contestants: None | RevealedContestants
    conversation: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.reaction import Reaction  # noqa: PLC0415
        from ..models.revealed_contestants import RevealedContestants  # noqa: PLC0415
        from ..models.turn import Turn  # noqa: PLC0415
        from ..models.vote import Vote  # noqa: PLC0415

        id = str(self.id)

        mode = self.mode.value

        state = self.state.value

        failure: None | str
        failure = self.failure

        turns = []
        for turns_item_data in self.turns:
            turns_item = turns_item_data.to_dict()
            turns.append(turns_item)

        url = self.url

        socket = self.socket

        vote: dict[str, Any] | None
        if isinstance(self.vote, Vote):
            vote = self.vote.to_dict()
        else:
            vote = self.vote

        reaction: dict[str, Any] | None
        if isinstance(self.reaction, Reaction):
            reaction = self.reaction.to_dict()
        else:
            reaction = self.reaction

        contestants: dict[str, Any] | None
        if isinstance(self.contestants, RevealedContestants):
            contestants = self.contestants.to_dict()
        else:
            contestants = self.contestants

        conversation: None | str
        conversation = self.conversation

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "mode": mode,
                "state": state,
                "failure": failure,
                "turns": turns,
                "url": url,
                "socket": socket,
                "vote": vote,
                "reaction": reaction,
                "contestants": contestants,
                "conversation": conversation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.reaction import Reaction  # noqa: PLC0415
        from ..models.revealed_contestants import RevealedContestants  # noqa: PLC0415
        from ..models.turn import Turn  # noqa: PLC0415
        from ..models.vote import Vote  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        mode = ModeEnum(d.pop("mode"))

        state = BattleStateEnum(d.pop("state"))

        def _parse_failure(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        failure = _parse_failure(d.pop("failure"))

        turns = []
        _turns = d.pop("turns")
        for turns_item_data in _turns:
            turns_item = Turn.from_dict(turns_item_data)

            turns.append(turns_item)

        url = d.pop("url")

        socket = d.pop("socket")

        def _parse_vote(data: object) -> None | Vote:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                vote_type_0 = Vote.from_dict(data)

                return vote_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Vote, data)

        vote = _parse_vote(d.pop("vote"))

        def _parse_reaction(data: object) -> None | Reaction:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                reaction_type_0 = Reaction.from_dict(data)

                return reaction_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Reaction, data)

        reaction = _parse_reaction(d.pop("reaction"))

        def _parse_contestants(data: object) -> None | RevealedContestants:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                contestants_type_0 = RevealedContestants.from_dict(data)

                return contestants_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RevealedContestants, data)

        contestants = _parse_contestants(d.pop("contestants"))

        def _parse_conversation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        conversation = _parse_conversation(d.pop("conversation"))

        battle = cls(
            id=id,
            mode=mode,
            state=state,
            failure=failure,
            turns=turns,
            url=url,
            socket=socket,
            vote=vote,
            reaction=reaction,
            contestants=contestants,
            conversation=conversation,
        )

        battle.additional_properties = d
        return battle

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
