"""What browsers may load and send: content security policy, cookies, frames."""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from arena.settings.parts.environment import LOADED


def origins(url: str) -> list[str]:
    """The origin of a URL, if there is one."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if url else []


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        # The form of a log-in leads on to the provider.
        "form-action": [SELF, *origins(LOADED.deployment.oidc_server_url)],
        "frame-ancestors": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "arena.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
