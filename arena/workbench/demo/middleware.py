"""Every response of a simulated site says that it is simulated, in the API and downloads too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

HEADER = "Arena-Simulated"
NOTICE = "programs cast every vote; the models are invented"


class Simulated:
    """Adds the header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers[HEADER] = NOTICE
        return response
