"""A website that counts its visits in the database."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        if environ["PATH_INFO"] == "/visit":
            link.execute("INSERT INTO visit DEFAULT VALUES")
        row = link.execute("SELECT count(*) FROM visit").fetchone()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(row[0] if row else 0).encode()]
