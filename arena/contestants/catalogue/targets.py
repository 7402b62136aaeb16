"""What a call needs to know of its endpoint: its target and its time limits."""

from secrets import SystemRandom

from django.conf import settings

from arena.contestants.models import Endpoint
from arena.contestants.provider import Limits, Target

_random = SystemRandom()


def target_of(endpoint: Endpoint, key: int | None = None) -> Target:
    """An endpoint as the provider client takes it.

    Args:
        key: the index of the key to use; None: a random one each time.
    """
    keys = endpoint.keys or ("",)
    place = _random.randrange(len(keys)) if key is None else key
    return Target(
        base_url=endpoint.base_url,
        model_id=endpoint.model_id,
        api_key=keys[place],
        spare_keys=keys[place + 1 :] + keys[:place],
        system_prompt=endpoint.system_prompt,
        parameters=endpoint.parameters,
        thinks_first=endpoint.thinks_first,
    )


def limits_of(endpoint: Endpoint) -> Limits:
    """The limits of every request to an endpoint: its own, else the arena's."""
    return Limits(
        connect=endpoint.connect_seconds or settings.ARENA.connect_seconds,
        first_sign=endpoint.first_sign_seconds or settings.ARENA.first_sign_seconds,
        first_token=endpoint.first_token_seconds or settings.ARENA.first_token_seconds,
        between_tokens=endpoint.between_tokens_seconds or settings.ARENA.between_tokens_seconds,
        whole=endpoint.answer_seconds or settings.ARENA.answer_seconds,
        max_chars=settings.ARENA.max_answer_chars,
    )
