"""A coordinator at pages: signed in by cookie, with the secret that forms need."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.conftest import EMAIL, PASSWORD


class Coordinator:
    def __init__(self, client: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> None:
        self.client = client
        client.post("/sign-in", data={"email": email, "password": password})
        self.secret = re.findall(r'name="__csrf" value="([^"]+)"', client.get("/account").text)[0]

    def post(self, path: str, **said: Any) -> Any:
        return self.client.post(path, data={"__csrf": self.secret, **said}, headers={"Accept-Language": "en"})

    def get(self, path: str, lang: str = "en") -> Any:
        return self.client.get(path, headers={"Accept-Language": lang})
