"""The templates: short lines, and no page says by hand what a component says."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
PAGES = [name for name in TEMPLATES if not name.startswith("components/")]
LONGEST_LINE = 120
# What a page would write by hand -> the component that says it, and the pages that have a reason.
BY_HAND: dict[str, tuple[str, set[str]]] = {
    'class="lvv-card__header': ("card", set()),
    # Parts that are named by something else than their own heading.
    '<section class="lvv-card[ "]': (
        "card",
        {"mfa/recovery_codes/index.html", "monitor/api.html", "monitor/trends.html"},
    ),
    "lvv-table-region": ("table", set()),
    'class="lvv-status[ "]': ("status", set()),
    'class="lvv-empty': ("empty_state", set()),
    # A script shows the first, and a screen reader must be told of the second at once.
    'class="lvv-alert[ "]': ("alert", {"scenarios/room/_writing.html", "scenarios/agenda_order.html"}),
    'class="lvv-breadcrumbs': ("breadcrumbs", set()),
    'class="lvv-reasons': ("reasons", set()),
    'class="lvv-icon': ("icon", set()),
    'class="lvv-stat"': ("stat", set()),
    "lvv-page-header__(subtitle|eyebrow)": ("the block subtitle or eyebrow", {"base.html"}),
    r'\|date:"j F Y(, H.i)?"': ("day or moment", set()),
    r'\|date:"j M Y"': ("short_day", set()),
    r"case\.person\.identity\.full_name": ("person", set()),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_line_is_longer_than_a_screen(name: str) -> None:
    lines = (FOLDER / name).read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize(("written", "component", "reasoned"), [(w, *said) for w, said in BY_HAND.items()])
def test_no_page_says_by_hand_what_a_component_says(written: str, component: str, reasoned: set[str]) -> None:
    found = {name for name in PAGES if re.search(written, (FOLDER / name).read_text())}
    assert found == reasoned, f"{component} says this"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_keeps_its_lines_stands_on_one(name: str) -> None:
    """A line break of the template would be one on the screen."""
    text = (FOLDER / name).read_text()
    kept = re.findall(r"<(?:p|dd) [^>]*lvv-text[^>]*>(.*?)</(?:p|dd)>", text, re.DOTALL)
    kept += [words.strip() for words in re.findall(r"text=True %}(.*?){% endfact %}", text, re.DOTALL)]
    assert [words for words in kept if "\n" in words] == []


def test_every_template_that_a_page_includes_is_there() -> None:
    for name in TEMPLATES:
        text = (FOLDER / name).read_text()
        for asked in re.findall(r'{% (?:include|extends) "([^"]+)"', text):
            assert (FOLDER / asked).exists(), f"{name}: {asked}"
