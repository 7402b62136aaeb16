"""Parts of the API's description that several resources share."""

from drf_spectacular.utils import OpenApiResponse

from arena.api.v1.problems import ProblemSerializer


def problem_response(description: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description)
