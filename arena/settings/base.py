"""Settings shared by every environment. Values come from environment variables (12-factor)."""

from collections.abc import Mapping
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django_stubs_ext
import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from arena.processes import plan
from arena.voters.price import Allowance

django_stubs_ext.monkeypatch()  # lets classes such as ModelAdmin[Contestant] exist at run time

env = environ.Env()


def openid_providers(server_url: str) -> list[dict[str, Any]]:
    """The operator's OpenID provider as django-allauth takes it; none without a URL."""
    if not server_url:
        return []
    return [
        {
            "provider_id": "provider",
            "name": env.str("OIDC_NAME", default="OpenID Connect"),
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": server_url},
        }
    ]


def origins(url: str) -> list[str]:
    """The origin of a URL, if there is one."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if url else []


BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEBUG = False

INSTALLED_APPS = [
    "arena.voters.admin_app.GuardedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "arena.processes",
    "arena.jobs",
    "arena.contestants",
    "arena.voters",
    "arena.leaderboards",
    "arena.battles",
    "arena.integrity",
    "arena.moderation",
    "arena.exports",
    "arena.backup",
    "arena.api",
    "arena.pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "arena.edge.middleware.BoundedInput",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "arena.urls"
ASGI_APPLICATION = "arena.asgi.application"
AUTH_USER_MODEL = "voters.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = ["arena.voters.backends.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Accounts. An address is verified by a code, typed in the browser that signs up, so that what its
# guest did before goes to the right account; nothing tells whether an address has an account.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:arena"
LOGOUT_REDIRECT_URL = "pages:arena"
ACCOUNT_ADAPTER = "arena.voters.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}  # operators may have been given a name
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # seconds; for mail that comes late
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Whoever could read the mail gets in at once, and the browser is known from then on: strangers'
# guesses cannot keep them out.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip"}  # and the arena's own of mails, by network
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Blind Arena: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = attrgetter("email")  # in mails
# Whoever has an account at the operator's OpenID provider may log in by it.
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": openid_providers(env.str("OIDC_SERVER_URL", default="")),
    }
}
MFA_ADAPTER = "arena.voters.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Blind Arena"
MFA_TOTP_TOLERANCE = 1  # a code of 30 seconds ago still holds, for clocks that go wrong
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Blind Arena <arena@localhost>")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "frontend" / "static"]


def image_storage(folder: str) -> dict[str, Any]:
    """Where the images of prompts lie: not below any address."""
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder, "base_url": None},
    }


STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "arena.pages.storage.ModuleManifestStorage"},
    "images": image_storage(env.str("ARENA_IMAGES", default=str(BASE_DIR / "data" / "images"))),
}
# Uploads stay in memory: `arena.edge.bodies` bounds how large they are and how many at a time.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
ARENA_MAX_UPLOAD_BYTES = FILE_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
ARENA_MAX_IMAGE_BYTES = 5_000_000
ARENA_MAX_IMAGE_PIXELS = 24_000_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        # The form of a log-in leads on to the provider.
        "form-action": [SELF, *origins(env.str("OIDC_SERVER_URL", default=""))],
        "frame-ancestors": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
# Which kind of process this is, and how many connections the processes of each kind may open: their
# sum is checked by arena.processes. Empty: it is not.
ARENA_PROCESS = env.str("ARENA_PROCESS", default=plan.COMMAND)
DATABASE_PLAN: Mapping[str, plan.Share] = {}
CSRF_FAILURE_VIEW = "arena.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"


def database(url: str, *, pool_size: int) -> dict[str, Any]:
    """A Django database from a URL, with psycopg's connection pool.

    A Unix socket is named by the query: postgresql://user@/name?host=/folder.
    """
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["CONN_HEALTH_CHECKS"] = True  # no request fails for a connection that died in the pool
    # A visitor is told at once that the database is away; a worker waits for it.
    wait = 1.6 if ARENA_PROCESS == "web" else 15
    config["OPTIONS"] = {
        **config.get("OPTIONS", {}),
        "prepare_threshold": 0,  # of cursors that prepare, see arena.integrity.prepared_statements
        "pool": {
            "min_size": 0,
            "max_size": pool_size,
            "timeout": wait,
            "max_idle": 60,
            # The pool waits longer after each failure to connect, and meanwhile nobody gets a
            # connection: start afresh often, to be back soon after a long absence of the database.
            "reconnect_timeout": 0.8 * wait,
        },
    }
    return config


def connection_plan(default: str) -> Mapping[str, plan.Share]:
    """How many processes of each kind there are, and how many connections each may hold.

    Raises:
        ImproperlyConfigured: DATABASE_PROCESSES is malformed, or lacks this process's kind.
    """
    try:
        shares = plan.parse(env.str("DATABASE_PROCESSES", default=default))
        plan.pool_of(shares, ARENA_PROCESS)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_PROCESSES: {error}") from error
    return shares


def celery_broker(redis_url: str) -> str:
    """The same Redis in Celery's words, which spell a Unix socket differently."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database_number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database_number}"


def channel_layers(redis_url: str) -> dict[str, Any]:
    return {
        "default": {
            "BACKEND": "arena.common.layer.WaitingChannelLayer",
            "CONFIG": {
                # Above the 5 s that a socket waits for an event at a time: redis-py's own time-out
                # is as long, and would close every idle socket.
                "hosts": [{"address": redis_url, "socket_timeout": 15}],
                "prefix": "arena",
                "expiry": 30,
            },
        }
    }


def rates(
    text: str, scopes: tuple[str, ...] = ("voter", "network", "site")
) -> dict[str, tuple[int, int]]:
    """Limits of each scope from words such as "40/600 400/600 4000/600".

    Each is how many in how many seconds; an empty text limits nothing.
    """
    pairs = [tuple(map(int, word.split("/"))) for word in text.split()]
    return {
        scope: (quota, seconds)
        for scope, (quota, seconds) in zip(scopes, pairs, strict=bool(pairs))
    }


def allowance(text: str) -> Allowance | None:
    """Of words such as "60 600 1000": for a network, for a provider, and for the site."""
    return Allowance(*map(int, text.split())) if text.strip() else None


def caches(redis_url: str) -> dict[str, Any]:
    """What all processes share, such as limits of log-ins; and what each keeps for itself."""
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "cache",
        },
        "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }


REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["arena.api.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "arena.api.authentication.KeyAuthentication",
        "arena.api.authentication.VoterAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "arena.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Blind Arena",
    "DESCRIPTION": "Blind battles, Bradley-Terry ratings and everything to recompute them.",
    "VERSION": "1.3.0",  # semantic; see docs/api.md
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",  # no part of the operations' names
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "arena.api.schema.problems_by_their_type",
        "arena.api.schema.refusals_of_all",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "TraitEnum": "arena.battles.models.Trait.choices",
        "EndingEnum": "arena.battles.models.AnswerEnding.choices",
        "BattleStateEnum": "arena.battles.models.Battle.State",
        "FrameTypeEnum": "arena.api.v1.battles.serializers.FRAME_TYPES",
    },
}

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "ratings"
CELERY_TASK_ROUTES = {
    "arena.battles.tasks.generate_answer": {"queue": "generation"},
    # What must not wait for a long refit or export: whichever worker is free takes it.
    "arena.battles.tasks.recover_battles": {"queue": "recovery"},
    "arena.contestants.tasks.probe_endpoints": {"queue": "recovery"},
    "arena.contestants.tasks.probe_endpoint": {"queue": "generation"},
    "arena.jobs.tasks.start_due": {"queue": "recovery"},
    "arena.integrity.tasks.*": {"queue": "integrity"},
    "arena.moderation.tasks.*": {"queue": "integrity"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# For health checks: a queue of each worker's own, and beat answers while its clock ticks.
CELERY_WORKER_DIRECT = True
CELERY_BEAT_ENABLE_REMOTE_CONTROL = True
CELERY_BEAT_REMOTE_CONTROL_MAX_TICK_AGE = 60
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest call. Lost work comes back much sooner, by `recover_battles`.
    "visibility_timeout": 3600,
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
}
# A visitor's request must not hang on a dead broker: what is not enqueued is recovered by beat.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "recover battles whose worker died": {
        "task": "arena.battles.tasks.recover_battles",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "probe endpoints that are down": {
        "task": "arena.contestants.tasks.probe_endpoints",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "move the votes of guests who joined a member": {
        "task": "arena.battles.tasks.gather_clusters",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "settle calls of killed workers": {
        "task": "arena.contestants.tasks.tidy_calls",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "weigh votes whose check was lost": {
        "task": "arena.integrity.tasks.weigh_missed_votes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "open cases and do decisions whose task was lost": {
        "task": "arena.moderation.tasks.sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "compute anew how urgent the moderators' cases are": {
        "task": "arena.moderation.tasks.weigh",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "refit boards whose refit was lost": {
        "task": "arena.leaderboards.tasks.refit_boards",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "start the jobs that are due": {
        "task": "arena.jobs.tasks.start_due",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}
# Rarer jobs. The database records when each ran last, so a run that was missed while beat, the
# workers or the whole site were down is made up; see arena.jobs. `every` is a crontab in UTC, or
# the time from one run to the next.
ARENA_JOBS: dict[str, dict[str, Any]] = {
    "learn the manners of contestants, for decoys": {
        "task": "arena.battles.tasks.learn_manners",
        "every": crontab(hour=2, minute=40),
    },
    "look for voters who act together": {
        "task": "arena.integrity.tasks.hold_groups",
        "every": timedelta(hours=1),
    },
    "compute how much recent votes weigh": {
        "task": "arena.integrity.tasks.bound_influence",
        "every": timedelta(minutes=10),
    },
    "simulate voters for the quality check of moderators": {
        "task": "arena.moderation.tasks.simulate",
        "every": timedelta(hours=1),
    },
    "remove sessions that have run out": {
        "task": "arena.voters.tasks.clear_sessions",
        "every": crontab(hour=4, minute=10),
    },
    "replay all evidence": {
        "task": "arena.integrity.tasks.replay_evidence",
        "every": crontab(hour=3, minute=30),
    },
    "publish the overall board": {
        "task": "arena.leaderboards.tasks.publish_snapshots",
        "every": timedelta(hours=1),
        "kwargs": {"overall_only": True},
    },
    "publish all votes with their boards": {
        "task": "arena.exports.tasks.publish_export",
        "every": crontab(day_of_week="monday", hour=0, minute=15),
    },
    "publish every board": {
        "task": "arena.leaderboards.tasks.publish_snapshots",
        "every": crontab(hour=0, minute=5),
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Three lines for each of 60,000 periodic tasks a day hide what matters. Failures are logged.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace", "httpx")
    },
}

# What a prompt and an answer may weigh, in characters.
ARENA_MAX_PROMPT_CHARS = env.int("ARENA_MAX_PROMPT_CHARS", default=12_000)
# The largest body of a request without an image, in bytes. JSON may spell a character in twelve.
ARENA_MAX_BODY_BYTES = max(1_000_000, 16 * ARENA_MAX_PROMPT_CHARS)
# How many prompts a conversation has at most, answered anew or not, and its characters a side.
ARENA_MAX_TURNS = env.int("ARENA_MAX_TURNS", default=8)
ARENA_MAX_CONVERSATION_CHARS = env.int("ARENA_MAX_CONVERSATION_CHARS", default=60_000)
ARENA_MAX_ANSWER_CHARS = env.int("ARENA_MAX_ANSWER_CHARS", default=60_000)
# Whether an endpoint may be on this machine or in a private network, as Ollama beside the arena.
ARENA_PRIVATE_ENDPOINTS = env.bool("ARENA_PRIVATE_ENDPOINTS", default=True)
# How long an endpoint may take, in seconds.
ARENA_CONNECT_SECONDS = env.float("ARENA_CONNECT_SECONDS", default=5)
# Silence before anything comes; then until text comes that is shown (reasoning models may think
# for so long); silence afterwards; a whole answer.
ARENA_FIRST_SIGN_SECONDS = env.float("ARENA_FIRST_SIGN_SECONDS", default=60)
ARENA_FIRST_TOKEN_SECONDS = env.float("ARENA_FIRST_TOKEN_SECONDS", default=600)
ARENA_BETWEEN_TOKENS_SECONDS = env.float("ARENA_BETWEEN_TOKENS_SECONDS", default=30)
ARENA_ANSWER_SECONDS = env.float("ARENA_ANSWER_SECONDS", default=900)
# How long an answer waits for its turn at an endpoint that answers a few at once, in seconds.
ARENA_SLOT_SECONDS = env.float("ARENA_SLOT_SECONDS", default=60)
# An endpoint leaves the draw after so many failed probes in a row.
ARENA_BREAKER_FAILURES = env.int("ARENA_BREAKER_FAILURES", default=3)
ARENA_COOKIE_SECURE = False
ARENA_BRAND = "Blind Arena"  # the site's name in pictures beside links
# Both answers are shown at one pace, so that timing does not tell whose they are; see
# arena.battles.live.pacing. Off: text is shown as it arrives, for comparison only.
ARENA_PACED = env.bool("ARENA_PACED", default=True)
# How long both sides go on thinking once both have begun, to know their speed and to have some
# text in hand.
ARENA_PACE_LEAD_SECONDS = env.float("ARENA_PACE_LEAD_SECONDS", default=1)
# Five times what one reads. The lower, the more endpoints look the same.
ARENA_PACE_CHARS_PER_SECOND = env.float("ARENA_PACE_CHARS_PER_SECOND", default=160)
# How long after the end of both answers the last of them may take to be shown. The shorter, the
# more often a long answer must be hurried, which tells something of its endpoint.
ARENA_PACE_EXTRA_SECONDS = env.float("ARENA_PACE_EXTRA_SECONDS", default=60)
# How many battles of one voter may stream at once.
ARENA_RUNNING_BATTLES_PER_VOTER = env.int("ARENA_RUNNING_BATTLES_PER_VOTER", default=3)
# One battle in so many is a check with a known truth, which never counts; 0: none is. Published.
ARENA_CHECK_ONE_IN = env.int("ARENA_CHECK_ONE_IN", default=50)
# The same for a voter whose votes look unusual now, as long as checks are made at all.
ARENA_CHECK_ONE_IN_AT_RISK = env.int("ARENA_CHECK_ONE_IN_AT_RISK", default=10)
# For how long after a vote its voter may say why, and change it.
ARENA_REACTION_HOURS = env.int("ARENA_REACTION_HOURS", default=24)
# Votes are held once an honest voter would get there with at most this chance.
ARENA_HOLD_ALPHA = env.float("ARENA_HOLD_ALPHA", default=0.01)
# Before that, from a chance of this on, a voter has to do a proof of work.
ARENA_RISK_ALPHA = env.float("ARENA_RISK_ALPHA", default=0.1)
# A decision that moves one of the ten highest by more points than this needs a second moderator.
ARENA_SECOND_MODERATOR_POINTS = env.float("ARENA_SECOND_MODERATOR_POINTS", default=5)
# Share of moderators' cases that are simulated, to measure how well they decide; 0: none.
ARENA_QUALITY_CHECK_SHARE = env.float("ARENA_QUALITY_CHECK_SHARE", default=0.05)
# Where published exports are kept. Votes of a language on a day that are fewer than the smallest
# cell are told less exactly.
ARENA_EXPORTS = env.str("ARENA_EXPORTS", default=str(BASE_DIR / "data" / "exports"))
ARENA_EXPORT_SMALLEST_CELL = env.int("ARENA_EXPORT_SMALLEST_CELL", default=10)
# How often a voter, a network and the whole site may do something; see arena.voters.limits.
ARENA_RATES = {
    "react": rates(env.str("ARENA_RATE_REACT", default="120/600 1200/600 12000/600")),
    "open": rates(env.str("ARENA_RATE_OPEN", default="60/600 600/600 6000/600")),
    "vote": rates(env.str("ARENA_RATE_VOTE", default="60/600 600/600 6000/600")),
    "report": rates(env.str("ARENA_RATE_REPORT", default="10/3600 30/3600 600/3600")),
    "read": rates(env.str("ARENA_RATE_READ", default="600/60 600/60 60000/60")),
    "read_by_key": rates(env.str("ARENA_RATE_READ_BY_KEY", default="6000/60 6000/60 60000/60")),
    "mail": rates(env.str("ARENA_RATE_MAIL", default="20/3600 60/3600 1200/3600")),
    "enter": rates(env.str("ARENA_RATE_ENTER", default="10/600 60/600 1200/600")),
    "enter_account": rates(
        env.str("ARENA_RATE_ENTER_ACCOUNT", default="5/300 200/3600"),
        ("account_network", "account"),
    ),
    "enter_known": rates(env.str("ARENA_RATE_ENTER_KNOWN", default="10/300"), ("voter",)),
}
# How many battles newcomers of a network, of a provider, and usually of the whole site open a day
# before they are asked for proofs of work; see arena.voters.price. Empty: they never are.
ARENA_NEWCOMERS = allowance(env.str("ARENA_NEWCOMERS", default="60 600 1000"))
# How many connections that stay open (sockets, event streams, long polls) each web process holds:
# of one browser, of one address (IPv6: of a /64, for that is what one subscriber has), and in all.
ARENA_CONNECTIONS_PER_BROWSER = env.int("ARENA_CONNECTIONS_PER_BROWSER", default=20)
ARENA_CONNECTIONS_PER_ADDRESS = env.int("ARENA_CONNECTIONS_PER_ADDRESS", default=400)
ARENA_CONNECTIONS = env.int("ARENA_CONNECTIONS", default=4000)
# How many proxies of our own stand before the site: so many last entries of X-Forwarded-For are
# true. 0: the header is not looked at.
ARENA_TRUSTED_PROXIES = env.int("ARENA_TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = ARENA_TRUSTED_PROXIES  # for limits of log-ins
# The version of the text that visitors agree to (arena.voters.consent): a new one is asked again.
# Empty: nothing is asked, for a site whose users have agreed elsewhere.
ARENA_CONSENT_VERSION = env.str("ARENA_CONSENT_VERSION", default="1")
