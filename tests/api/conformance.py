"""Requests made up from the OpenAPI file of a running site by schemathesis."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance


def tried(site: str, *, examples: int) -> int:
    """Send so many requests to each address that reads, and give their number.

    Raises:
        ExceptionGroup: an answer is a server error, or not what the schema says.
    """
    schema = schemathesis.openapi.from_url(f"{site}/api/v1/schema?format=json")
    reading = schema.include(method="GET").exclude(path_regex="battles|schema|ticker")
    cases = 0

    for result in reading.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def conforms(case: Any) -> None:
            nonlocal cases
            cases += 1
            # A name that does not exist is refused, and the schema cannot list all names.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        conforms()
    return cases
