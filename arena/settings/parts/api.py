"""The API: Django REST framework, and its description by drf-spectacular."""

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["arena.api.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "arena.api.authentication.KeyAuthentication",
        "arena.api.authentication.VoterAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "arena.api.errors.exception_handler",
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
