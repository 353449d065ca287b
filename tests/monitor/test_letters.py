"""Letters are filled from an edition; proofreading finds every digit that changed since."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import docx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ValidationError

from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL
from monitor.publishing import documents, letters, proofreading, signing
from monitor.publishing.documents import Json
from monitor.publishing.letters import Letter, Paragraph
from tests.paper import Paper

CITIES = ("Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht")
AT = datetime(2020, 11, 17, 12, tzinfo=UTC)


def edition(code: str = "2020-11", *, count: int | None = 105, notes: str = "", exceptions: bool = False) -> bytes:
    """An edition with every figure of a set, each with a different number."""
    definition_set = DEFINITION_SETS[code]
    release: Json = {
        "header": {
            "id": "2f1f6f0e-6f0a-4d8e-9a3e-0c7c5f1d2b3a",
            "kind": "final",
            "replaces": None,
            "referenceDate": "2020-11-01",
            "knownAt": documents.moment(AT - timedelta(days=3)),
            "definitionSet": code,
            "scopes": [*CITIES, NATIONAL],
            "software": "1",
            "signedAt": documents.moment(AT),
            "key": "k",
        },
        "indicators": [
            {
                "code": item.code,
                "title": item.title,
                "definition": item.definition,
                "unit": item.unit.value,
                "population": item.population.value,
                "partOf": item.part_of,
                "isExit": False,
            }
            for item in definition_set.indicators
        ],
        "notes": [{"scope": "Utrecht", "explanation": notes, "remarks": ""}],
    }
    cells = [
        {
            "indicator": item.code,
            "scope": scope,
            "value": value,
            "count": count and count + 5 * number,
            "isExact": False,
        }
        for number, (item, scope, value) in enumerate(
            (item, scope, value)
            for item in definition_set.indicators
            for scope in (*CITIES, NATIONAL)
            for value in (item.values or ("AM", "CN", "other") if item.by else ("",))
        )
    ]
    exception_rows = [
        {
            "indicator": "durable_departure",
            "scope": "Eindhoven",
            "value": "",
            "reason": "De Kamer vroeg ernaar in motie 36.",
            "decidedBy": "de stuurgroep",
            "decidedOn": "2020-11-10",
        }
    ]
    private = Ed25519PrivateKey.generate()
    return documents.compose_edition(
        release,
        cells,
        {"threshold": 10, "base": 5},
        exception_rows if exceptions else [],
        sign=lambda header: signing.sign(private, header),
    )


@pytest.fixture
def letter() -> Letter:
    return letters.compose(edition(notes="Van 3 personen is het dossier zoek."))


def text_of(letter: Letter) -> str:
    return "\n".join(letter.paragraphs)


def counts(document: bytes) -> dict[tuple[str, str], int]:
    content = documents.read(document)
    return {(c["indicator"], c["scope"]): c["count"] for c in content["cells"] if not c["value"]}


# The content


@pytest.mark.parametrize("code", DEFINITION_SETS)
def test_every_figure_is_that_of_its_cell(code: str) -> None:
    document = edition(code)
    letter, by_scope = letters.compose(document), counts(document)
    titles = {item.title: item.code for item in DEFINITION_SETS[code].indicators}
    for figure in letter.figures.values():
        title, _, where = figure.name.rpartition(", ")
        if title in titles:
            assert figure.shown == str(by_scope[titles[title], NATIONAL if where == "landelijk" else where]), figure
    names = {figure.name.rpartition(", ")[0] for figure in letter.figures.values()}
    whole = {item.title for item in DEFINITION_SETS[code].indicators if not item.by and item.code in letters.TABLE}
    assert whole <= names


def test_it_reads_as_a_letter(letter: Letter) -> None:
    by_scope = counts(edition())
    (places,) = [block.text for block in letter.sections[0].blocks if isinstance(block, Paragraph)]
    plain = re.sub(r"\[\d+\]", "", places)
    capacity = [f"{city} {by_scope['capacity', city]}" for city in CITIES]
    assert plain.startswith(
        f"De convenanten voorzien op 1 november 2020 in {by_scope['capacity', NATIONAL]} plaatsen: "
        f"{', '.join(capacity[:-1])} en {capacity[-1]}. Sinds de start"
    )
    assert "De meesten vertrokken naar China" in re.sub(r"\[\d+\]", "", text_of(letter))
    assert "Utrecht: Van 3 personen is het dossier zoek." in text_of(letter)


def test_a_hidden_count_is_said_to_be_hidden() -> None:
    text = text_of(letters.compose(edition(count=None)))
    assert "Sinds de start is aan een beschermd aantal[" in text
    assert not re.search(r"(?<![\d.])\d+\[\d+\]", text)


@pytest.mark.parametrize(("count", "expected"), [(1, "aan 1[7] persoon onderdak"), (0, "aan 0[7] personen onderdak")])
def test_after_the_figure_one_the_noun_is_singular(count: int, expected: str) -> None:
    content = documents.read(edition())
    for cell in content["cells"]:
        cell["count"] = count
    assert expected in text_of(letters._Writer(content).letter())


def test_a_sentence_about_what_a_set_does_not_count_is_left_out() -> None:
    assert "zonder oplossing" not in text_of(letters.compose(edition("2020-11")))
    assert "zonder oplossing" in text_of(letters.compose(edition("2022-01")))


def test_an_exception_is_printed_with_its_figure() -> None:
    text = text_of(letters.compose(edition(exceptions=True)))
    assert "volgens een besluit van de stuurgroep op 10 november 2020: De Kamer vroeg ernaar" in text


def test_what_users_wrote_can_not_pass_for_a_figure() -> None:
    letter = letters.compose(edition(notes="Zie 12[3] en [999]."))
    assert "Utrecht: Zie 12(3) en (999)." in text_of(letter)
    assert proofreading.proofread(letter, text_of(letter)) == []


def test_the_same_figure_has_the_same_mark_everywhere(letter: Letter) -> None:
    marked = re.findall(r"(\d+)\[(\d+)\]", text_of(letter))
    by_mark: dict[str, set[str]] = {}
    for shown, mark in marked:
        by_mark.setdefault(mark, set()).add(shown)
    assert all(len(shown) == 1 for shown in by_mark.values())
    assert sorted(map(int, by_mark)) == list(range(1, len(by_mark) + 1))


# Proofreading


def test_the_letter_as_filled_in_has_no_faults(letter: Letter) -> None:
    assert proofreading.proofread(letter, text_of(letter)) == []
    assert proofreading.proofread(letter, proofreading.read(letters.as_docx(letter))) == []
    assert proofreading.proofread(letter, proofreading.read(letters.as_pdf(letter, at=AT))) == []


@pytest.mark.parametrize("hidden", [True, False])
def test_every_changed_digit_is_found(hidden: bool) -> None:
    letter = letters.compose(edition(count=None if hidden else 105, notes="In 2019 waren het er 7.", exceptions=True))
    text = proofreading.read(letters.as_docx(letter))
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    assert len(places) > 100
    for place in places:
        for other in {str((int(text[place]) + step) % 10) for step in (1, 5)}:
            changed = f"{text[:place]}{other}{text[place + 1 :]}"
            assert proofreading.proofread(letter, changed), changed[place - 20 : place + 20]


def test_every_changed_digit_of_the_paper_is_found(letter: Letter) -> None:
    text = proofreading.read(letters.as_pdf(letter, at=AT))
    for place in [place for place, sign in enumerate(text) if sign.isdigit()]:
        changed = f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"
        assert proofreading.proofread(letter, changed), changed[place - 20 : place + 20]


def test_a_changed_digit_of_a_finished_document_is_reported_with_its_figure(letter: Letter) -> None:
    document = docx.Document(io.BytesIO(letters.as_docx(letter)))
    figure = letter.figures[7]
    run = next(run for p in document.paragraphs for run in p.runs if run.text == figure.shown)
    run.text = "9999"
    saved = io.BytesIO()
    document.save(saved)
    faults = proofreading.proofread(letter, proofreading.read(saved.getvalue()))
    assert faults == [f"Bij [7] staat 9999, maar de uitgave zegt {figure.shown} ({figure.name})."]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t + "\nHet zijn er 12 meer.", "Het getal 12 komt niet uit de uitgave"),
        (lambda t: t + "\nHet zijn er ½ meer.", "komt niet uit de uitgave"),
        (lambda t: t + "\nZie [999].", "[999] hoort niet bij deze uitgave"),
        (lambda t: t.replace("[7]", "", 1), "komt niet uit de uitgave"),
        (lambda t: re.sub(r"\d+\[7\]", "veel[7]", t, count=1), "Vóór [7] staat geen getal"),
        (lambda t: re.sub(r"(\d+)\[7\]", r"-\1[7]", t, count=1), "Bij [7] staat -"),
        (lambda t: re.sub(r"(\d+)\[7\]", r"\1[7] (\1[7])", t, count=1), "[7] staat op meer plaatsen"),
        (lambda t: re.sub(r"(\d+)\[7\]", "beschermd[7]", t, count=1), "Bij [7] staat beschermd"),
    ],
)
def test_a_change_by_hand_is_reported(letter: Letter, change: object, expected: str) -> None:
    faults = proofreading.proofread(letter, change(text_of(letter)))  # type: ignore[operator]
    assert any(expected in line for line in faults), faults


def test_omissions_and_other_words_are_no_faults(letter: Letter) -> None:
    """The writer may drop sentences, add words, and write thousands with a dot."""
    lines = text_of(letter).splitlines()
    assert proofreading.proofread(letter, "\n".join(lines[:5] + lines[9:])) == []
    assert proofreading.proofread(letter, "Geachte voorzitter,\n" + text_of(letter)) == []
    thousands = letters.compose(edition(count=1310))
    dotted = re.sub(r"(?<!\d)(\d)(\d{3})\[", r"\1.\2[", text_of(thousands))
    assert dotted != text_of(thousands)
    assert proofreading.proofread(thousands, dotted) == []


def test_the_letter_of_another_edition_is_found(letter: Letter) -> None:
    other = letters.compose(edition(count=110))
    assert proofreading.proofread(letter, text_of(other))


def test_numbers_in_notes_and_boxes_are_read_too() -> None:
    body = (
        "<w:p><w:r><w:t>Buiten</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>binnen 12</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r><w:del><w:r><w:delText>weg 13</w:delText></w:r></w:del></w:p>"
    )
    packed = io.BytesIO(letters.as_docx(letters.compose(edition())))
    with zipfile.ZipFile(packed, "a") as file:
        whole = file.read("word/document.xml").decode()
    changed = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.infolist():
            content = whole.replace("<w:sectPr", f"{body}<w:sectPr", 1).encode()
            new.writestr(member, content if member.filename == "word/document.xml" else old.read(member))
    lines = proofreading.read(changed.getvalue()).splitlines()
    assert lines.count("binnen 12") == 1
    assert lines.count("Buiten") == 1
    assert not any(line == "13" or "weg" in line for line in lines)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"PK\x03\x04", b"%PDF", b"%PDF-1.7\n", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Root 1 0 R>>"],
)
def test_what_is_no_letter_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ValidationError, match="Sla de brief op als docx of pdf"):
        proofreading.read(content)


def test_a_file_that_would_burst_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"0" * (proofreading.UNPACKED + 1))
    with pytest.raises(ValidationError, match="docx of pdf"):
        proofreading.read(packed.getvalue())
    with pytest.raises(ValidationError, match="5 MB"):
        proofreading.read(b"%PDF" + b"0" * proofreading.LARGEST)


def test_an_archive_that_is_no_document_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("content.xml", "<x/>")
    with pytest.raises(ValidationError, match="docx of pdf"):
        proofreading.read(packed.getvalue())


def test_the_paper_is_accessible(letter: Letter) -> None:
    paper = Paper(letters.as_pdf(letter, at=AT))
    assert paper.is_accessible()
    assert paper.tags["Table"] == 1
    assert paper.title == "Resultaten van de LVV’s op 1 november 2020"
    assert "Vertrouwelijk" not in paper.text
