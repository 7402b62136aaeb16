"""The ARENA_* variables by subject. The first line of each class is its heading in the docs."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AllowInfNan, BaseModel, BeforeValidator, ConfigDict

from arena.settings.schema.types import (
    FernetKeys,
    Folder,
    SigningKeys,
    UserAgent,
)
from arena.settings.schema.variable import (
    TRUE,
    Demand,
    at_least,
    at_most,
    variable,
    zero_or_at_least,
)

ROOT = Path(__file__).resolve().parents[3]

Number = Annotated[float, AllowInfNan(False)]


def a_key(kind: str) -> Demand:
    return Demand(bool, "at least one", f"must hold at least one {kind} key")


def below_data(folder: str) -> Any:
    """A default: a folder inside ARENA_DATA."""

    def inside(values: dict[str, Any]) -> Path:
        data: Folder = values["data"]
        return data / folder

    return inside


class Section(BaseModel):
    """Variables of one subject."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Keys(Section):
    """Keys"""

    encryption_keys: FernetKeys = variable(
        (),
        "Fernet keys, separated by commas. The first one encrypts the keys of endpoints and the "
        "second factors of members; all of them decrypt.",
        demand=a_key("Fernet"),
        is_secret=True,
    )
    signing_keys: SigningKeys = variable(
        (),
        "Ed25519 private keys, 32 bytes in base64 each, separated by commas. The first one signs "
        "everything that the site publishes.",
        demand=a_key("signing"),
        is_secret=True,
    )


class Place(Section):
    """Folders, processes and the name of the site"""

    data: Folder = variable(
        ROOT / "data",
        "Folder with all data of a site that `make run` started.",
        default_text="data",
    )
    exports: Folder = variable(
        meaning="Folder of the published exports. Web and workers must share it.",
        default_factory=below_data("exports"),
        default_text="ARENA_DATA/exports",
    )
    images: Folder = variable(
        meaning="Folder of the images in prompts. Web and workers must share it; nothing in it "
        "is public.",
        default_factory=below_data("images"),
        default_text="ARENA_DATA/images",
    )
    port: int = variable(8000, "Port on which `make run` serves, on 127.0.0.1.", ge=1, le=65_535)
    free_mb: int = variable(
        100,
        "`make run` ends the site cleanly when less than this is free on the disk.",
        unit="MB",
        ge=0,
    )
    catalogue: Folder = variable(
        ROOT / "arena" / "embedded" / "catalogue.json",
        "File with the contestants that `make run` enters at the first start.",
        default_text="arena/embedded/catalogue.json",
    )
    process: str = variable(
        "command",
        "Kind of this process, one of those in `DATABASE_PROCESSES`: `web`, `generation`, "
        "`ratings`, `beat` or `command`. Set by what starts the process.",
    )
    brand: str = variable(
        "Blind Arena", "Name of the site in the pictures that other sites show beside a link."
    )
    trusted_proxies: int = variable(
        0,
        "How many proxies of your own stand before the site: the site believes as many last "
        "entries of `X-Forwarded-For`. With too few, all visitors seem to come from the proxy. "
        "`docker/compose.yaml` sets 1.",
        ge=0,
        le=10,
    )
    building_demo: bool = variable(False, "Set by `make demo` while it builds its site.")


class Battles(Section):
    """Prompts and battles"""

    max_prompt_chars: int = variable(12_000, "Longest prompt.", unit="characters", ge=1, le=200_000)
    max_turns: int = variable(8, "Most prompts in one conversation.", ge=1, le=100)
    max_conversation_chars: int = variable(
        60_000,
        "Most text of one side of a conversation, prompts included.",
        unit="characters",
        ge=1,
        le=2_000_000,
    )
    max_answer_chars: int = variable(
        60_000, "Longest answer; a longer one is cut.", unit="characters", ge=1, le=2_000_000
    )
    max_image_bytes: int = variable(
        5_000_000, "Largest image in a prompt.", unit="bytes", ge=10_000, le=20_000_000
    )
    max_image_pixels: int = variable(
        24_000_000, "Most pixels of an image in a prompt.", unit="pixels", ge=10_000, le=24_000_000
    )
    running_battles_per_voter: int = variable(
        3,
        "How many battles of one voter may be answered at the same time.",
        ge=1,
        demand=at_most(50),
    )
    reaction_hours: int = variable(
        24, "How long after a vote the voter may give reasons and change them.", unit="hours", ge=0
    )
    consent_version: str = variable(
        "1",
        "Version of the text that visitors agree to before their first battle. After a change all "
        "are asked again. Empty: nobody is asked, for a site whose users agreed elsewhere.",
        form="a text of at most 20 characters, or empty",
        max_length=20,
    )

    @property
    def max_upload_bytes(self) -> int:
        """The largest body of a request with an image."""
        return self.max_image_bytes + 1_000_000

    @property
    def max_body_bytes(self) -> int:
        """The largest body of any other request. JSON may spell a character in twelve bytes."""
        return max(1_000_000, 16 * self.max_prompt_chars)


LASTS = at_most(1800)  # half of the broker's visibility timeout


class Endpoints(Section):
    """Calls of the models' endpoints"""

    private_endpoints: bool = variable(
        True,
        "Whether an endpoint may be on this machine or in a private network, as Ollama beside the "
        "arena is. With false only public addresses are called.",
    )
    user_agent: UserAgent = variable(
        "OpenAI/Python 3.57.0",
        "Name of the client in requests to endpoints, so that they look like other "
        "requests. With `OpenAI/Python VERSION` the other headers of that client are sent too. "
        "A few gateways refuse that client: name another one, such as `python-httpx/0.28.1`.",
        form="printable ASCII characters",
    )
    connect_seconds: Number = variable(
        5,
        "How long an endpoint may take to accept a connection.",
        unit="seconds",
        gt=0,
        le=86_400,
        demand=LASTS,
    )
    first_sign_seconds: Number = variable(
        60,
        "How long an endpoint may be silent at first.",
        unit="seconds",
        gt=0,
        le=86_400,
        demand=LASTS,
    )
    first_token_seconds: Number = variable(
        600,
        "How long it may take until text comes that readers see. Reasoning and retries count.",
        unit="seconds",
        gt=0,
        le=86_400,
        demand=LASTS,
    )
    between_tokens_seconds: Number = variable(
        30,
        "How long an endpoint may be silent later.",
        unit="seconds",
        gt=0,
        le=86_400,
        demand=LASTS,
    )
    answer_seconds: Number = variable(
        900, "How long a whole answer may take.", unit="seconds", gt=0, le=86_400, demand=LASTS
    )
    slot_seconds: Number = variable(
        60,
        "How long an answer waits for a free place at an endpoint that takes few requests at once.",
        unit="seconds",
        gt=0,
        le=86_400,
        demand=LASTS,
    )
    breaker_failures: int = variable(
        3, "Failed probes in a row after which an endpoint gets no more battles.", ge=1, le=100
    )


class Pacing(Section):
    """Paced display of the answers"""

    paced: bool = variable(
        True,
        "Show both answers at one pace, so that their speed does not reveal the models. False is "
        "for measurements only.",
        demand=TRUE,
    )
    pace_lead_seconds: Number = variable(
        1,
        "How long both sides still show nothing once both answers have begun.",
        unit="seconds",
        ge=0,
        le=3600,
        demand=at_most(30),
    )
    pace_chars_per_second: Number = variable(
        160,
        "Fastest display. The lower it is, the more endpoints look the same. People read about 30.",
        unit="characters a second",
        gt=0,
        le=10_000,
        demand=at_most(1000),
    )
    pace_extra_seconds: Number = variable(
        60,
        "How long after both answers have ended the display may go on. If it is short, long "
        "answers are shown faster at their end, which reveals something of their endpoint.",
        unit="seconds",
        ge=0,
        le=3600,
        demand=at_least(10),
    )


class Integrity(Section):
    """Integrity and moderation"""

    hold_alpha: Number = variable(
        0.01,
        "How many honest voters may be held by mistake at most: 0.01 is 1 in 100. Lower means "
        "fewer mistakes, and that cheaters are found later.",
        gt=0,
        lt=1,
        demand=at_most(0.05),
    )
    risk_alpha: Number = variable(
        0.1,
        "How many honest voters may at most have to wait for a computed puzzle: 0.1 is 1 in 10.",
        gt=0,
        lt=1,
        demand=at_most(0.5),
    )
    gold_one_in: int = variable(
        50,
        "One battle in this many is a gold question, whose true result is known. Gold questions "
        "never count. 0: there are none. The about page publishes the number.",
        ge=0,
        demand=zero_or_at_least(5),
    )
    gold_one_in_at_risk: int = variable(
        10, "The same for a voter whose votes look unusual.", ge=1, demand=at_least(2)
    )
    second_moderator_points: Number = variable(
        5,
        "A decision that moves a top-10 rating by more than this needs a second moderator.",
        unit="rating points",
        ge=0,
        demand=at_most(50),
    )
    quality_check_share: Number = variable(
        0.05,
        "Share of the moderators' cases that are simulated, to measure how well they decide. "
        "0: none.",
        ge=0,
        lt=1,
        demand=at_most(0.5),
    )
    export_smallest_cell: int = variable(
        10,
        "If fewer votes than this were cast in a language on a day, an export gives only the "
        "month, or nothing.",
        unit="votes",
        ge=1,
        demand=at_least(5),
    )


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)
]
