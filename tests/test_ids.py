"""The ids of the tests."""

import pytest

from tests.ids import name_of, no_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Vul “Datum” in", "Vul Datum in"),
        ("één stap", "een stap"),
        (b"%PDF-1.7\n1 0 obj", "%PDF-1.7"),
        (b"PK\x03\x04\x14\x00$Z\x81]", "PK"),
        ("x" * 10_000, "x" * 30),
        ("\x00", ""),
    ],
)
def test_a_text_is_named_by_what_can_be_read_of_its_beginning(text: str | bytes, name: str) -> None:
    assert name_of(text) == name


def test_an_id_is_no_name_when_it_is_long_or_has_odd_signs() -> None:
    assert no_names(["on-9999-12-31", "x" * 80]) == []
    assert no_names(["x" * 81, "a\\x00b", "één", "a\tb"]) == [
        f"'{'x' * 80}'",
        "'a\\\\x00b'",
        "'\\xe9\\xe9n'",
        "'a\\tb'",
    ]


def test_every_id_of_this_run_is_a_name(request: pytest.FixtureRequest) -> None:
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    assert no_names(call.id for call in calls if call) == []
