"""An authenticator app."""

import base64
import hmac
import struct


def totp(secret: str, moment: float) -> str:
    """The code of an authenticator app (RFC 6238, SHA-1, 30 seconds, 6 digits)."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, struct.pack(">Q", int(moment) // 30), "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"
