"""Every address with every query string: whatever follows the question mark, the answer is a page or a refusal.

Which parameters a page reads is found by listening while it reads them, so that a new one is attacked by itself.
"""

import ast
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from accounts.models import User
from accounts.permissions import Role
from tests.conftest import undone
from tests.lvv.access_table import OPEN
from tests.lvv.addresses import GUARDED, Address, addresses, expected, path_of
from tests.lvv.cities import City

# As they stand in an address. What is a number to one reader is none to the next, and the other way round.
NASTY = (
    "",
    "00012",
    "0",
    "-1",
    "99999999999999999999",
    "9" * 10_000,
    "x" * 10_000,
    quote("²"),
    quote("٣"),
    quote("\u2007 1"),
    "%00",
    "1%00",
    "%",
    "%ff%fe",
    "%ED%A0%80",
    "1e9",
    "NaN",
    "00000000-0000-0000-0000-000000000000",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59",
    "2020-02-30",
    quote("'\"><b>"),
)
# Those of each kind that broke a page, or are the likeliest to. The long set tries all.
LIKELY = ("00012", "-1", "9" * 10_000, quote("²"), "%00", "%ff%fe", "NaN", "0001-01-01", quote("'\"><b>"))
# What no page asks for.
UNKNOWN = f"onbekend=1&page[]=2&{quote('²')}=3&%00=%00&%ff=%ff&=&&%&?a=1&{'x' * 5_000}={'x' * 5_000}"
TOO_MUCH = "&".join(f"n{number}=1" for number in range(1100))


class Listener(QueryDict):
    """Records the names of the parameters that the code reads from a query string."""

    heard: set[str] = set()
    is_read = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_read = True

    def hear(self, key: object) -> None:
        if self.is_read:
            self.heard.add(str(key))

    def get(self, key: str, default: Any = None) -> Any:
        self.hear(key)
        return super().get(key, default)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.hear(key)
        return super().getlist(key, default)

    def __getitem__(self, key: str) -> Any:
        self.hear(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.hear(key)
        return super().__contains__(key)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the parameters that the code read in the requests of the test."""

    def listening(request: WSGIRequest) -> QueryDict:
        return Listener(request.environ.get("QUERY_STRING", ""), encoding=request.encoding)

    query = cached_property(listening)
    query.__set_name__(WSGIRequest, "GET")
    monkeypatch.setattr(WSGIRequest, "GET", query)
    monkeypatch.setattr(Listener, "heard", set())
    return Listener.heard


@pytest.fixture
def quiet() -> Iterator[None]:
    """Switch off the log of refusals, which would have a line for each of them."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def pages(cast: dict[Role, User], city: City) -> list[tuple[str, str, Client]]:
    """Every address that a GET may ask for: its name, its path, and the client of a user who may see it."""
    clients = {role: Client(raise_request_exception=False) for role in Role}
    for role, client in clients.items():
        client.force_login(cast[role])
    pages = []
    for address in GUARDED:
        role = next(role for role in Role if expected(address, role) == "in")
        pages.append((address.name, path_of(address, city), clients[role]))
    others = [(address.name, path) for address in addresses() if (path := _open(address, city))]
    nobody = Client(raise_request_exception=False)
    return pages + [(name, path, nobody if name in OPEN else clients[Role.CHAIR]) for name, path in others]


def _open(address: Address, city: City) -> str:
    if address in GUARDED:
        return ""
    try:
        return reverse(address.name, kwargs={key: city.release.pk for key in address.keys})
    except NoReverseMatch:
        return ""


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("values", [LIKELY, pytest.param(NASTY, marks=pytest.mark.long)], ids=["likely", "all"])
def test_no_query_string_breaks_a_page(
    pages: list[tuple[str, str, Client]], heard: set[str], values: tuple[str, ...]
) -> None:
    broken: dict[str, str] = {}
    read: set[str] = set()
    for _, path, client in pages:
        heard.clear()
        for text in _queries(heard, values):
            if answer := _broken(client, f"{path}?{text}"):
                broken[f"{path}?{text}"[:120]] = answer
        read |= heard
    assert broken == {}
    # Every name that stands in the code was heard somewhere, so none went without its attack.
    assert {name for name, _ in _read_in_the_code()} <= read


def test_the_code_reads_a_query_in_one_way() -> None:
    """The code reads it by `core/query.py`, by a form, or as a page number. Each of these accepts any text."""
    direct = {name for name, is_direct in _read_in_the_code() if is_direct}
    assert direct == {"page", "number"}  # `number` only says whether a form was sent along


def _queries(heard: set[str], values: tuple[str, ...]) -> Iterator[str]:
    """Every value for every name, also for names that a page reads only when another one is there."""
    yield UNKNOWN
    if heard:
        yield TOO_MUCH
    done: set[str] = set()
    while names := heard - done:
        for name in sorted(names):
            yield from (f"{name}={value}" for value in values)
            yield f"{name}=1&{name}=2"
        done |= names


def _broken(client: Client, address: str) -> str:
    """What went wrong. Empty when the answer is a page, a redirect or a refusal."""
    with undone():
        response = client.get(address)
    if response.status_code < 500:
        return ""
    error = getattr(response, "exc_info", None)
    return repr(error[1]) if error else str(response.status_code)


def _read_in_the_code() -> set[tuple[str, bool]]:
    """The names of the parameters that our code reads, and whether it does so without `core/query.py`."""
    names = set()
    for room in ("lvv", "monitor", "mrt", "scenarios", "cases", "accounts"):
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name("query"), attr="number" | "choice" | "is_asked")):
                        names.add((ast.literal_eval(node.args[1]), False))
                    case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="GET"), attr="get" | "getlist")):
                        names.add((ast.literal_eval(node.args[0]), True))
                    case ast.Compare(comparators=[ast.Attribute(attr="GET")]):
                        names.add((ast.literal_eval(node.left), True))
                    case ast.Subscript(value=ast.Attribute(attr="GET")):
                        names.add((ast.literal_eval(node.slice), True))
    return names
