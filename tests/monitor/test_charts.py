import re
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from monitor.figures.charts import (
    Bar,
    Group,
    Value,
    bar_chart,
    dutch_number,
    grouped_bar_chart,
    stacked_bar_chart,
)

SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[..., str]
SERIES = ["vertrek", "verblijf", "nog geen scenario"]
GROUPS = [Group("Utrecht", [120, 80, 40]), Group("Groningen", [0, None, 12])]


def parse(chart: str) -> ElementTree.Element:
    """The chart, parsed as XML. In an HTML page SVG needs no namespace, so it is added here."""
    return ElementTree.fromstring(chart.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))


def texts(chart: str) -> list[str]:
    return [element.text or "" for element in parse(chart).iter(f"{SVG}text")]


def widths(chart: str) -> list[float]:
    """The widths of the bars, as percentages; samples in the legend have a width in pixels and are left out."""
    drawn = (element.get("width", "") for element in parse(chart).iter(f"{SVG}rect"))
    return [float(width.removesuffix("%")) for width in drawn if width.endswith("%")]


def departures(bars: list[Bar], *, title: str = "Vertrek per land") -> str:
    return bar_chart("vertrek", title=title, description="Armenië 7, China 5.", bars=bars)


def all_kinds() -> list[str]:
    described = {"title": "Personen", "description": "Per gemeente."}
    return [
        departures([Bar("Armenië", 7), Bar("China", 5)]),
        grouped_bar_chart("naast", **described, series=SERIES, groups=GROUPS),
        stacked_bar_chart("boven", **described, series=SERIES, groups=GROUPS),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (771, "771"),
        (1310, "1.310"),
        (1234567, "1.234.567"),
        (12.5, "12,5"),
        (Decimal("1310.25"), "1.310,25"),
        (-3, "−3"),
        (None, "onbekend"),
    ],
)
def test_numbers_are_written_the_dutch_way(value: Value, words: str) -> None:
    assert dutch_number(value) == words


@pytest.mark.parametrize("chart", all_kinds())
def test_a_chart_is_one_picture_with_a_name_and_a_description(chart: str) -> None:
    svg = parse(chart)
    ids = {element.get("id"): element.text for element in svg.iter() if element.get("id")}

    assert svg.get("role") == "img"
    assert ids[svg.get("aria-labelledby")]
    assert ids[svg.get("aria-describedby")]


@pytest.mark.parametrize("chart", all_kinds())
def test_a_chart_passes_a_strict_content_security_policy(chart: str) -> None:
    names = {name for element in parse(chart).iter() for name in element.attrib}

    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"<(style|script|foreignObject)|https?:", chart)


def test_bars_are_as_long_as_their_values() -> None:
    assert widths(departures([Bar("Armenië", 8), Bar("China", 4), Bar("Nigeria", 2)])) == [80.0, 40.0, 20.0]


def test_every_bar_says_its_label_and_its_value() -> None:
    assert texts(departures([Bar("Armenië", 1310), Bar("China", 5)])) == ["Armenië", "1.310", "China", "5"]


def test_zero_and_unknown_are_told_apart_and_neither_is_drawn() -> None:
    chart = departures([Bar("Armenië", 0), Bar("China", None), Bar("Nigeria", 4)])

    assert texts(chart) == ["Armenië", "0", "China", "onbekend", "Nigeria", "4"]
    assert widths(chart) == [80.0]


def test_a_value_below_zero_is_written_and_not_drawn() -> None:
    chart = departures([Bar("Onverklaard", -3)])

    assert texts(chart) == ["Onverklaard", "−3"]
    assert widths(chart) == []


def test_without_bars_a_chart_is_still_a_picture() -> None:
    assert parse(departures([])).get("height") == "0"


def test_text_from_outside_cannot_become_markup() -> None:
    chart = departures([Bar("<script>alert(1)</script>", 1)], title='"><b>&')

    assert "<script" not in chart
    assert texts(chart)[0] == "<script>alert(1)</script>"


def test_grouped_bars_share_one_scale_and_skip_what_is_not_known() -> None:
    chart = grouped_bar_chart("naast", title="Personen", description="-", series=SERIES, groups=GROUPS)

    assert widths(chart) == [80.0, 53.33, 26.67, 8.0]
    assert texts(chart) == [*SERIES, "Utrecht", "120", "80", "40", "Groningen", "0", "onbekend", "12"]


def test_stacked_bars_lie_end_to_end_and_are_read_out_below() -> None:
    chart = stacked_bar_chart("boven", title="Personen", description="-", series=SERIES, groups=GROUPS)
    bars = [rect for rect in parse(chart).iter(f"{SVG}rect") if rect.get("width", "").endswith("%")]

    assert [(bar.get("x"), bar.get("width")) for bar in bars[:3]] == [
        ("0.0%", "40.0%"),
        ("40.0%", "26.67%"),
        ("66.67%", "13.33%"),
    ]
    words = " ".join(texts(chart))
    assert "vertrek 120, verblijf 80, nog geen scenario 40" in words
    assert "vertrek 0, verblijf onbekend, nog geen scenario 12" in words


def test_a_long_label_takes_more_lines_and_moves_what_follows_down() -> None:
    label = "Uitstroom naar een azc na een herhaalde asielaanvraag"
    long, short = (departures([Bar(name, 7), Bar("China", 5)]) for name in (label, "Armenië"))
    words = texts(long)

    assert " ".join(words[:2]) == label
    assert words[2:] == ["7", "China", "5"]
    assert int(parse(long).get("height", "")) > int(parse(short).get("height", ""))


@pytest.mark.parametrize("draw", [grouped_bar_chart, stacked_bar_chart])
def test_series_differ_in_pattern_and_not_in_colour_alone(draw: Draw) -> None:
    chart = draw("soort", title="Personen", description="-", series=SERIES, groups=GROUPS)
    tiles = {
        pattern.get("id"): ElementTree.tostring(pattern)
        for pattern in (element for element in parse(chart).iter() if element.tag == f"{SVG}pattern")
    }
    used = {rect.get("fill") for rect in parse(chart).iter(f"{SVG}rect") if rect.get("fill")}

    assert used == {f"url(#{name})" for name in tiles} == {"url(#soort-ink-2)", "url(#soort-ink-3)"}
    assert len({tile.split(b"paper")[1] for tile in tiles.values()}) == len(tiles)


@pytest.mark.parametrize("draw", [grouped_bar_chart, stacked_bar_chart])
def test_two_charts_on_a_page_share_no_id(draw: Draw) -> None:
    ids = [
        element.get("id")
        for name in ("een", "twee")
        for element in parse(draw(name, title="Personen", description="-", series=SERIES, groups=GROUPS)).iter()
        if element.get("id")
    ]

    assert len(ids) == len(set(ids)) == 8


@pytest.mark.parametrize("draw", [grouped_bar_chart, stacked_bar_chart])
@pytest.mark.parametrize(
    ("series", "values"), [([], []), (list("abcde"), [1, 2, 3, 4, 5]), (["a", "b"], [1]), (["a"], [1, 2])]
)
def test_series_that_cannot_be_told_apart_or_do_not_fit_are_refused(
    draw: Draw, series: list[str], values: list[int]
) -> None:
    with pytest.raises(ValueError, match=r"series"):
        draw("soort", title="Personen", description="-", series=series, groups=[Group("Utrecht", values)])
