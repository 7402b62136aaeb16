"""What the OpenAPI schema cannot see by itself."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from arena.voters.identity import COOKIE


class VoterAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The cookie that says which voter calls."""

    target_class = "arena.api.authentication.VoterAuthentication"
    name = "voter"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": COOKIE}
