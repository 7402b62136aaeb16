"""Boards with a few votes, and what a page says of them."""

import re

from django.test import Client


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())
