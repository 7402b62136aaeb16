"""The variables that are not the arena's own: addresses, secrets, mail, https."""

from typing import Annotated
from urllib.parse import urlsplit

from environ import Env
from pydantic import AfterValidator

from arena.processes import plan
from arena.settings.schema.sections import LogLevel, Section
from arena.settings.schema.types import Words
from arena.settings.schema.variable import Demand, variable

PLAN_OF_MAKE_RUN = "web=1*12 generation=1*12 ratings=2*6 beat=1*1 command=2*6"
PLAN_OF_COMPOSE = "web=2*2*10 generation=1*20 ratings=3*4 beat=1*1 command=1*4"

IS_RANDOM = Demand(
    lambda key: len(key) >= 50 and len(set(key)) >= 5 and not key.startswith("django-insecure"),
    "at least 50 random characters",
    "must be a random text of at least 50 characters",
)
NAMES_HOSTS = Demand(
    lambda hosts: bool(hosts) and not any(host.startswith(("*", ".")) for host in hosts),
    "set, without wildcards",
    "must list the site's host names, without wildcards",
)
IS_HTTPS = Demand(
    lambda origins: all(urlsplit(text).scheme == "https" and "*" not in text for text in origins),
    "https only, without wildcards",
    "must be https:// addresses, without wildcards",
)


def _starts(kinds: tuple[str, ...]) -> AfterValidator:
    def check(url: str) -> str:
        if url and not url.startswith(tuple(f"{kind}://" for kind in kinds)):
            raise ValueError("of another kind")
        return url

    return AfterValidator(check)


DATABASES = ("postgres", "postgresql")
REDIS = ("redis", "rediss", "unix")
SMTP = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
DatabaseUrl = Annotated[str, _starts(DATABASES)]
RedisUrl = Annotated[str, _starts(REDIS)]
EmailUrl = Annotated[str, _starts(tuple(Env.EMAIL_SCHEMES))]


def _plan(text: str) -> str:
    plan.parse(text)
    return text


class DeploymentSettings(Section):
    """Addresses, secrets and https"""

    secret_key: str = variable("", "Signs the cookies of voters.", demand=IS_RANDOM, is_secret=True)
    allowed_hosts: Words = variable(
        (), "Host names of the site, separated by commas.", demand=NAMES_HOSTS
    )
    csrf_trusted_origins: Words = variable(
        (),
        "`https://` addresses of the site, separated by commas, if the proxy changes the host "
        "name.",
        demand=IS_HTTPS,
    )
    database_url: DatabaseUrl = variable(
        "",
        "`postgresql://user:password@host:5432/name`. A pooler in between must keep prepared "
        "statements (PgBouncer from 1.21 on).",
        form="a postgresql:// address",
        demand=Demand(bool, "set", "must be a postgresql:// address"),
        is_secret=True,
    )
    database_processes: Annotated[str, AfterValidator(_plan)] = variable(
        PLAN_OF_COMPOSE,
        "How many processes of each kind there are, and how many connections to PostgreSQL each "
        "may hold; see [Connections to PostgreSQL](#connections-to-postgresql).",
        form="KIND=PROCESSES*CONNECTIONS for each kind, for instance web=2*2*10",
    )
    redis_url: RedisUrl = variable(
        "",
        "`redis://host:6379/0`.",
        form="a redis:// or unix:// address",
        demand=Demand(bool, "set", "must be a redis:// or unix:// address"),
        is_secret=True,
    )
    email_url: EmailUrl = variable(
        "",
        "Mail server: `smtp+tls://user:password@host:587` or `smtp+ssl://…:465`. `make run` "
        "without it writes mails into the folder `mail` of the data folder.",
        form="an address of a mail server, such as smtp+tls://user:password@host:587",
        demand=Demand(
            lambda url: url.startswith(tuple(f"{kind}://" for kind in SMTP)),
            "set, SMTP",
            "must be an smtp+tls://user:password@host:587 address",
        ),
        is_secret=True,
    )
    default_from_email: str = variable(
        "Blind Arena <arena@localhost>", "Sender of the site's mails."
    )
    oidc_server_url: str = variable(
        "",
        "OpenID provider by which members may log in. Its redirect address is "
        "`https://HOST/account/oidc/provider/login/callback/`.",
    )
    oidc_name: str = variable("OpenID Connect", "Name of the provider on its button.")
    oidc_client_id: str = variable("", "The site's client at the provider.")
    oidc_client_secret: str = variable("", "The secret of that client.", is_secret=True)
    secure_ssl_redirect: bool = variable(
        True, "Redirect http to https. The proxy must send `X-Forwarded-Proto`."
    )
    secure_hsts_seconds: int = variable(
        3600,
        "How long after a visit a browser refuses plain http (HSTS). Nothing takes that back: "
        "raise it to a day, then to a year (31536000), once https has worked for as long.",
        unit="seconds",
        ge=0,
    )
    secure_hsts_include_subdomains: bool = variable(
        False, "The same for all sub-domains of the host. Only if all of them speak https."
    )
    log_level: LogLevel = variable("INFO", "Least severity of a message in the logs.")
    static_root: str = variable(
        "", "Folder into which `collectstatic` writes.", default_text="static"
    )
    debug: bool = variable(
        False,
        "Never set it in production.",
        demand=Demand(lambda value: not value, "unset", "is on: unset it"),
    )

    def contradictions(self, but: frozenset[str]) -> list[str]:
        """What is missing for the OpenID provider that is set."""
        return [
            f"{name.upper()} must be set, because OIDC_SERVER_URL is"
            for name in ("oidc_client_id", "oidc_client_secret")
            if self.oidc_server_url and not getattr(self, name) and name not in but
        ]
