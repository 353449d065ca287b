"""What the rooms bring to the page of a case and to the start page fits together."""

from collections import Counter
from dataclasses import fields
from typing import Any

import pytest
from django.template.loader import get_template

from accounts import home
from accounts.permissions import Permission
from cases import page
from cases.page import Column, Section

SECTIONS = page.sections()
PARTS = home.parts(frozenset(Permission))


def shared(brought: list[Any]) -> list[str]:
    """The names of fields that two objects have: on one page the one would hide the other."""
    names = Counter(field.name for one in brought for field in fields(one.content.__self__))
    return [name for name, number in names.items() if number > 1]


def test_no_two_sections_have_a_field_of_one_name() -> None:
    assert shared(SECTIONS) == []
    assert shared([*SECTIONS, SECTIONS[0]]) != []


def test_no_two_parts_of_the_start_page_have_a_field_of_one_name() -> None:
    assert shared(PARTS) == []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_has_a_template_and_an_object_with_named_fields(section: Section) -> None:
    assert get_template(section.template)
    assert fields(section.content.__self__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_of_the_start_page_has_its_templates(part: home.Part) -> None:
    assert [get_template(template) for template in part.templates.values()]


def test_sections_of_a_column_stand_in_one_order() -> None:
    for column in Column:
        places = [section.place for section in SECTIONS if section.column is column]
        assert places == sorted(set(places))


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match=SECTIONS[0].name):
        page.bring(SECTIONS[0])
    with pytest.raises(ValueError, match=PARTS[0].name):
        home.bring(PARTS[0])


def test_each_room_that_knows_cases_brings_something() -> None:
    rooms = {section.template.split("/")[0] for section in SECTIONS}
    assert rooms == {"cases", "scenarios", "mrt"}
