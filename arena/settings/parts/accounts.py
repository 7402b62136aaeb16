"""Accounts of members: django-allauth, second factors, an OpenID provider, mails."""

from operator import attrgetter
from typing import Any

from arena.settings.parts.environment import ARENA, LOADED
from arena.settings.schema.deployment import DeploymentSettings


def openid_providers(deployment: DeploymentSettings) -> list[dict[str, Any]]:
    """The operator's OpenID provider as django-allauth takes it; none without an address."""
    if not deployment.oidc_server_url:
        return []
    return [
        {
            "provider_id": "provider",
            "name": deployment.oidc_name,
            "client_id": deployment.oidc_client_id,
            "secret": deployment.oidc_client_secret,
            "settings": {"server_url": deployment.oidc_server_url},
        }
    ]


AUTHENTICATION_BACKENDS = ["arena.voters.accounts.backends.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Accounts. An address is verified by a code, typed in the browser that signs up, so that what its
# guest did before goes to the right account. No reply reveals whether an address has an account.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:arena"
LOGOUT_REDIRECT_URL = "pages:arena"
ACCOUNT_ADAPTER = "arena.voters.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}  # operators may have been given a name
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # seconds; for mail that comes late
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Somebody who can read the mail is logged in at once, and the browser is known from then on, so
# strangers' guesses cannot lock them out.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip"}  # in addition to ARENA_RATE_MAIL
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Blind Arena: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = attrgetter("email")  # in mails
# Members with an account at the operator's OpenID provider may log in with it.
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": openid_providers(LOADED.deployment),
    }
}
MFA_ADAPTER = "arena.voters.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Blind Arena"
MFA_TOTP_TOLERANCE = 1  # a code of 30 seconds ago is still accepted, for clocks that are wrong
DEFAULT_FROM_EMAIL = LOADED.deployment.default_from_email
ALLAUTH_TRUSTED_PROXY_COUNT = ARENA.trusted_proxies  # for limits of log-ins
