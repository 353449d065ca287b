"""A paper is accessible and the same every time, and the words of users neither break nor steer it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from core import papers
from tests.paper import Paper

AT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
FOOTER = r"Afgedrukt door Jan Voorbeeld op 2 juli 2026, 00:30 Pagina (\d+) van (\d+) Vertrouwelijk"


def bytes_of(text: str = "Een vraag", *, items: int = 1, printed_by: str = "Jan Voorbeeld") -> bytes:
    item = {"person": "Test Persoon", "case": "AMS-1", "purpose": "Scenario bepalen", "facts": [("Vraag", text)]}
    data: dict[str, Any] = {
        "title": "Agenda LSO Amsterdam",
        "facts": [("Plaats", "Stadhuis")],
        "items": [{**item, "number": str(number)} for number in range(1, items + 1)],
        "before": ["Notulen van de vorige keer"],
        "after": ["Rondvraag"],
        "printed_by": printed_by,
        "printed_at": AT,
    }
    return papers.typeset("agenda.typ", data, at=AT)


def test_a_paper_is_accessible_and_reads_in_order() -> None:
    paper = Paper(bytes_of())
    assert paper.is_accessible()
    assert paper.title == "Agenda LSO Amsterdam"
    assert paper.tags["H1"] == 2
    assert paper.tags["H2"] == paper.tags["Table"] == paper.tags["THead"] == 1
    assert paper.tags["TH"] == 4
    before, after = "Vóór de zaken: Notulen van de vorige keer", "Na de zaken: Rondvraag"
    in_order = ["Agenda LSO Amsterdam", "Stadhuis", "Overzicht", "Test Persoon", before, after, "Per zaak", "Een vraag"]
    in_order.append("Afgedrukt")
    assert [paper.text.find(words) for words in in_order] == sorted(paper.text.find(words) for words in in_order)
    assert -1 not in [paper.text.find(words) for words in in_order]


def test_every_page_says_by_whom_and_when_it_was_printed_and_repeats_the_heads_of_a_table() -> None:
    paper = Paper(bytes_of(items=60))
    found = [re.fullmatch(FOOTER, footer) for footer in paper.footers()]
    assert len(found) > 3
    assert [match and match.groups() for match in found] == [
        (str(number), str(len(found))) for number in range(1, len(found) + 1)
    ]
    assert all("Nr. Persoon Zaak Doel" in page for page in paper.pages[:2])


def test_the_same_data_gives_the_same_bytes() -> None:
    assert bytes_of() == bytes_of()
    assert bytes_of() != bytes_of("Een andere vraag")


@pytest.mark.parametrize(
    "text",
    [
        '#import "_layout.typ": * #panic("x") #{1 + 1}',
        "*vet* _schuin_ $x^2$ `code` = kop @ref <label> // weg /* weg */ \\ ~ -- ...",
        '"], #sys.inputs, "</script><b>&amp;{{ x }}',
        "Zoë Đặng-Łukasz 😀 → €",
        "Владимир Ελλην አማርኛ",
        "woord " * 333,
    ],
)
def test_the_words_of_users_are_printed_literally(text: str) -> None:
    paper = Paper(bytes_of(text))
    assert " ".join(text.split()) in paper.text
    assert paper.is_accessible()


def test_an_arabic_name_is_set_in_its_own_letters() -> None:
    letters = set("محمد العربي") - {" "}
    assert letters <= set(Paper(bytes_of("Naam: محمد العربي")).text)


NAMES = {
    "Chinese": "王小明 龘𠮷",
    "Japanese": "さくら",
    "Korean": "김민수",
    "Mongolian": "ᠪᠠᠲᠤ ᠪᠣᠯᠳ",
    "Syriac": "ܐܦܪܝܡ ܡܪܝ",
    "Coptic": "ⲙⲁⲣⲓⲁ ϣⲉⲛⲟⲩϯ",
    "Thaana": "އަޙްމަދު",
    "Tifinagh": "ⵎⵓⵃⴰⵎⵎⴷ",
}
# A reader gets the letters of these in an order of its own.
TURNED = {"Syriac", "Thaana"}


@pytest.mark.parametrize("script", NAMES)
def test_a_name_is_set_in_the_letters_of_its_script(script: str) -> None:
    name = NAMES[script]
    paper = Paper(bytes_of(f"Naam: {name} komt."))
    assert "[U+" not in paper.text
    assert paper.is_accessible()
    found = re.search(r"Naam: (.*?) ?komt\.", paper.text)
    assert found and set(found[1]) - {" "} == set(name) - {" "}
    assert found[1] == name or script in TURNED


def test_text_from_right_to_left_is_set_from_the_right() -> None:
    """The characters of a page are read from left to right, so the second word comes first."""
    first, second = NAMES["Syriac"].split()
    assert re.search(f"Naam: {second} {first} ?komt", Paper(bytes_of(f"Naam: {first} {second} komt.")).text)


def test_a_word_longer_than_a_line_is_broken_and_loses_nothing() -> None:
    assert "x" * 2000 in Paper(bytes_of("x" * 2000)).text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("voor \U00013000\U00013001 na", "voor [U+13000][U+13001] na"),
        ("李明 heet \U00013000", "李明 heet [U+13000]"),
        ("een\x07bel", "een[U+0007]bel"),
        ("a\u0951 \u0600\ue000", "a[U+0951] [U+0600][U+E000]"),
        ("links \u202ethcer", "links thcer"),
    ],
)
def test_a_sign_that_no_typeface_has_is_named_by_its_code(text: str, words: str) -> None:
    paper = Paper(bytes_of(text, items=2))
    assert paper.text.count(words) == 2
    assert "Test Persoon" in paper.text


def test_a_name_in_the_footer_can_not_break_it() -> None:
    paper = Paper(bytes_of(printed_by="#pagebreak() " + "Naam" * 25))
    assert "Afgedrukt door #pagebreak() NaamNaam" in paper.text
    assert len(paper.pages) == 1
