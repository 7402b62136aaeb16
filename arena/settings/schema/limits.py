"""The variables of limits: how often visitors may act, and how many connections they may hold."""

from arena.settings.schema.sections import Section
from arena.settings.schema.types import AccountLimits, BrowserLimits, Newcomers, VisitorLimits
from arena.settings.schema.variable import NOT_EMPTY, variable

THREE_LIMITS = "three limits as COUNT/SECONDS (voter, network, site), or empty for no limit"


class RateLimits(Section):
    """Limits of visitors"""

    rate_open: VisitorLimits = variable(
        "60/600 600/600 6000/600",
        "Battles, and further turns of them.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_vote: VisitorLimits = variable(
        "60/600 600/600 6000/600", "Votes.", form=THREE_LIMITS, demand=NOT_EMPTY
    )
    rate_react: VisitorLimits = variable(
        "120/600 1200/600 12000/600",
        "Reasons given after a vote.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_report: VisitorLimits = variable(
        "10/3600 30/3600 600/3600",
        "Reports of a conversation to the moderators.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_read: VisitorLimits = variable(
        "600/60 600/60 60000/60",
        "Reads by the API without a key.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_read_by_key: VisitorLimits = variable(
        "6000/60 6000/60 60000/60",
        "Reads by the API with a key.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_mail: VisitorLimits = variable(
        "20/3600 60/3600 1200/3600",
        "Sign-ups, and codes sent by mail.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_enter: VisitorLimits = variable(
        "10/600 60/600 1200/600",
        "Attempts to log in from a browser that is new to the account.",
        form=THREE_LIMITS,
        demand=NOT_EMPTY,
    )
    rate_enter_account: AccountLimits = variable(
        "5/300 200/3600",
        "The same, for one account: from one network, and from all new browsers together.",
        form="two limits as COUNT/SECONDS (account and network, account), or empty for no limit",
        demand=NOT_EMPTY,
    )
    rate_enter_known: BrowserLimits = variable(
        "10/300",
        "Attempts to log in from a browser in which the member has logged in before.",
        form="one limit as COUNT/SECONDS, or empty for no limit",
        demand=NOT_EMPTY,
    )
    newcomers: Newcomers = variable(
        "60 600 1000",
        "Battles that newcomers of one network, and of one provider, open a day before each "
        "further battle takes a computed puzzle; and how many of the whole site are usual at "
        "least. Empty: newcomers compute nothing. See [Limits](#limits).",
        form="three whole numbers above 0 (network, provider, site), or empty",
        demand=NOT_EMPTY,
    )
    connections_per_browser: int = variable(
        20, "Sockets and event streams of one browser that one web process holds open.", ge=1
    )
    connections_per_address: int = variable(
        400, "The same for one address (IPv6: one /64 network).", ge=1
    )
    connections: int = variable(
        4000,
        "The same for all visitors together, and as many long polls. The `--backpressure` of "
        "granian must be above twice this number.",
        ge=1,
    )
