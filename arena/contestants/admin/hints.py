"""What an operator can do about a failed test of an endpoint: one hint for each kind of failure."""

import re

from arena.contestants.provider import ErrorKind, ProviderError

_STATUS = re.compile(r"HTTP ([1-5][0-9][0-9])\b")

_BY_STATUS = {
    400: "It refuses the request. Check the parameters: it may not know one of them.",
    401: "It wants a key, or the key is wrong. Type the key again.",
    402: "The account behind the key has no credit left.",
    403: "The key may not use this model, or this machine may not reach the endpoint.",
    404: "It has nothing at this address, or no model of this id.",
    405: "It takes no chats at this address. Most addresses end in /v1.",
    408: "It gave up before it answered. It may still be loading the model: test again.",
    413: "It finds the request too large. Check the system prompt.",
    415: "It takes no JSON at this address. Most addresses end in /v1.",
    422: "It refuses the request. Check the model id and the parameters.",
    429: "It has too many requests, or the account's quota is used up. Test again later.",
    501: "It cannot do this. Check that the model can chat.",
    503: "It is overloaded, or still loads the model. Test again in a minute.",
    529: "It is overloaded. Test again in a minute.",
}

# Words of a failed connection → what they mean.
_CONNECTION = {
    "UnusableAddress": "No endpoint may be at this address.",
    "NameResolutionError": "There is no machine of this name. In Docker, the name of a service in "
    "the compose file is the name of its machine.",
    "certificate verify failed": "Its certificate is not one that this machine trusts.",
    "WRONG_VERSION_NUMBER": "It does not speak HTTPS: the address may have to begin with http://.",
    "SSL": "No encrypted connection came about: the address may have to begin with http://.",
    "refused": "Nothing listens there. Check that the server runs, and its port. In Docker, "
    "localhost is the container itself: the host is host.docker.internal.",
    "unreachable": "No way leads to this machine from here. Check the address.",
    "No route to host": "No way leads to this machine from here. Check the address.",
    "header can carry": "The key holds characters that no key has. Copy it again.",
}

_BY_KIND = {
    ErrorKind.UNREACHABLE: "The connection broke before an answer began. Check that the server "
    "runs, and the address.",
    ErrorKind.REJECTED: "It reports an error of its own. Its text says more.",
    ErrorKind.TIMEOUT: "It did not answer in time. It may still be loading the model: test again, "
    "or give it more seconds under Limits.",
    ErrorKind.MALFORMED: "Something answers there, but it does not speak the chat-completions "
    "protocol. Most addresses end in /v1.",
    ErrorKind.ENDED_EARLY: "The answer broke off. If it thinks for long, raise max_tokens in the "
    "parameters.",
    ErrorKind.EMPTY: "The answer was empty. If it thinks first, raise max_tokens in the "
    "parameters.",
    ErrorKind.TOO_LONG: "The answer never ended. Set max_tokens or stop in the parameters.",
    ErrorKind.BUSY: "Its budget for today is used up, or all its slots are taken. Raise the "
    "budget, or test again later.",
    ErrorKind.THINKS_ALOUD: "Its thoughts come as a part of the answer. Test again: the arena has "
    "noted where they end.",
}


def status_of(error: ProviderError) -> int:
    """The HTTP status that an endpoint answered with; 0 if it did not get so far."""
    match = _STATUS.match(error.detail)
    return int(match[1]) if match else 0


def hint_for(kind: str, detail: str) -> str:
    """What to do about a failure, in one or two sentences."""
    error = ProviderError(ErrorKind(kind), detail)
    status = status_of(error)
    if 300 <= status < 400:
        return "It sends visitors to another address. Enter that one; the arena follows none."
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "The server has a fault of its own, or is still starting. Test again in a minute."
    if error.kind is ErrorKind.UNREACHABLE:
        for words, hint in _CONNECTION.items():
            if words in detail:
                return hint
    return _BY_KIND[error.kind]
