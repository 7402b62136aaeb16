"""What the OpenAPI schema cannot see by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from arena.api.errors import MEDIA_TYPE
from arena.voters.identity import COOKIE


class VoterAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The cookie that says which voter calls."""

    target_class = "arena.api.authentication.VoterAuthentication"
    name = "voter"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": COOKIE}


class KeyAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A member's key."""

    target_class = "arena.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


REFUSALS = {
    "401": "The key of the Authorization header is not in force.",
    "429": "Too often; Retry-After says when to come back.",
}


def refusals_of_all(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: what every address may refuse, whatever its view says."""
    problem = {"$ref": "#/components/schemas/Problem"}
    for path in result["paths"].values():
        for operation in path.values():
            if {"key": []} in operation.get("security", []):
                for code, description in REFUSALS.items():
                    refusal = {
                        "description": description,
                        "content": {MEDIA_TYPE: {"schema": problem}},
                    }
                    operation["responses"].setdefault(code, refusal)
    return result


def problems_by_their_type(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: refusals are problem documents, of the media type for them."""
    for path in result["paths"].values():
        for operation in path.values():
            for code, response in operation.get("responses", {}).items():
                content = response.get("content", {})
                if code >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return result
