"""Bar and column charts as SVG, drawn on the server: no script, no inline style, readable without colour.

Lengths are percentages and heights are pixels, so a chart fills its column and its text keeps its size on any screen.
Every bar carries its value as text; series differ in pattern as well as in colour. An unknown value (None) is written
as "onbekend" and never drawn as zero. Put a table with the same figures beside each chart: then the description of the
picture can be short.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Value = int | float | Decimal | None

UNKNOWN = "onbekend"
# The length of the longest bar, as a percentage of the width; the rest is for the value behind it.
LONGEST_BAR = 80
LINE_HEIGHT = 22
# How many letters fit on a line on the narrowest screen, 320 pixels wide.
LINE_LENGTH = 34
BAR_HEIGHT = 18
GAP = 14
# The foot of the columns, in pixels from the top.
FLOOR = 180
# The pattern of each series, as shapes in a tile of 8 by 8 pixels; the first series is solid.
TILES = (
    "",
    '<path class="lvv-chart__line" d="M-2 2 2 -2M0 8 8 0M6 10 10 6"/>',
    '<g class="lvv-chart__dot"><circle cx="2" cy="2" r="1.5"/><circle cx="6" cy="6" r="1.5"/></g>',
    '<path class="lvv-chart__line" d="M0 4H8"/>',
)


@dataclass(frozen=True)
class Bar:
    label: str
    value: Value


@dataclass(frozen=True)
class Column:
    """The value at one moment. `mark` is the text below it; `is_broken`: another definition counts from here on."""

    value: Value
    mark: str = ""
    is_broken: bool = False


@dataclass(frozen=True)
class Group:
    """The bars of one label: a value for every series, in the order of the series."""

    label: str
    values: Sequence[Value]


def dutch_number(value: Value) -> str:
    """1310 as "1.310", 12.5 as "12,5", None as "onbekend"; a number below zero gets a real minus sign."""
    if value is None:
        return UNKNOWN
    return f"{value:,}".translate(str.maketrans(",.-", ".,\N{MINUS SIGN}"))


def bar_chart(chart_id: str, *, title: str, description: str, bars: Sequence[Bar]) -> SafeString:
    """Horizontal bars with one value each, in this order. `chart_id` must be unique on the page."""
    longest = _longest(bar.value for bar in bars)
    pieces: list[SafeString] = []
    top = 0
    for bar in bars:
        top = _write(bar.label, "label", top, pieces)
        pieces.append(_bar(bar.value, ink=1, longest=longest, top=top, chart_id=chart_id))
        top += BAR_HEIGHT + GAP
    return _drawing(chart_id, title=title, description=description, height=top, pieces=pieces)


def grouped_bar_chart(
    chart_id: str, *, title: str, description: str, series: Sequence[str], groups: Sequence[Group]
) -> SafeString:
    """Groups of horizontal bars with a legend; a group has one bar for each of at most four series."""
    _check(series, groups)
    longest = _longest(value for group in groups for value in group.values)
    pieces, top = _legend(series, chart_id)
    for group in groups:
        top = _write(group.label, "label", top, pieces)
        for ink, value in enumerate(group.values, start=1):
            pieces.append(_bar(value, ink=ink, longest=longest, top=top, chart_id=chart_id))
            top += BAR_HEIGHT + 2
        top += GAP
    patterns = _patterns(chart_id, len(series))
    return _drawing(chart_id, title=title, description=description, height=top, pieces=pieces, patterns=patterns)


def stacked_bar_chart(
    chart_id: str, *, title: str, description: str, series: Sequence[str], groups: Sequence[Group]
) -> SafeString:
    """One bar for each group, divided by series, with the values as text below it and a legend."""
    _check(series, groups)
    longest = _longest(_total(group) for group in groups)
    pieces, top = _legend(series, chart_id)
    for group in groups:
        top = _write(group.label, "label", top, pieces)
        pieces.extend(_segments(group, longest=longest, top=top, chart_id=chart_id))
        top = _write(_in_words(group, series), "note", top + BAR_HEIGHT, pieces) + GAP
    patterns = _patterns(chart_id, len(series))
    return _drawing(chart_id, title=title, description=description, height=top, pieces=pieces, patterns=patterns)


def column_chart(chart_id: str, *, title: str, description: str, columns: Sequence[Column]) -> SafeString:
    """Upright columns side by side, for a series over time; the highest and the last one show their value.

    A dashed line stands before a column from which another definition counts.
    """
    longest = _longest(column.value for column in columns)
    slot = 100 / max(1, len(columns))
    known = [place for place, column in enumerate(columns) if column.value is not None]
    labelled = {max(known, key=lambda place: columns[place].value or 0), known[-1]} if known else set()
    pieces: list[SafeString] = []
    for place, column in enumerate(columns):
        pieces.extend(_column(column, place * slot, slot, longest, is_labelled=place in labelled))
    pieces.append(format_html('<path class="lvv-chart__axis" d="M0 0H4000" transform="translate(0 {})"/>', FLOOR + 0.5))
    height = FLOOR + LINE_HEIGHT + 4
    return _drawing(chart_id, title=title, description=description, height=height, pieces=pieces, is_clipped=True)


def _column(column: Column, left: float, slot: float, longest: float, *, is_labelled: bool) -> Iterator[SafeString]:
    height = round(_share(column.value, longest) / LONGEST_BAR * (FLOOR - LINE_HEIGHT), 1)
    if height:
        yield format_html(
            '<rect class="lvv-chart__bar lvv-chart__bar--1" x="{}%" y="{}" width="{}%" height="{}"/>',
            round(left + slot * 0.15, 3),
            FLOOR - height,
            round(slot * 0.7, 3),
            height,
        )
    if is_labelled:
        words = '<text class="lvv-chart__value" x="{}%" y="{}" text-anchor="{}">{}</text>'
        middle, side = (100, "end") if left + slot > 95 else (0, "start") if left < 5 else (left + slot / 2, "middle")
        yield format_html(words, round(middle, 3), FLOOR - height - 6, side, dutch_number(column.value))
    if column.is_broken:
        x = round(left, 3)
        yield format_html('<line class="lvv-chart__break" x1="{}%" x2="{}%" y1="0" y2="{}"/>', x, x, FLOOR)
    if column.mark:
        note = '<text class="lvv-chart__note" x="{}%" y="{}">{}</text>'
        yield format_html(note, round(left, 3), FLOOR + LINE_HEIGHT - 4, column.mark)


def _check(series: Sequence[str], groups: Sequence[Group]) -> None:
    if not 1 <= len(series) <= len(TILES):
        raise ValueError(f"A chart tells at most {len(TILES)} series apart, not {len(series)}.")
    for group in groups:
        if len(group.values) != len(series):
            raise ValueError(f"{group.label} has {len(group.values)} values for {len(series)} series.")


def _longest(values: Iterator[Value]) -> float:
    return max((float(value) for value in values if value is not None and value > 0), default=1.0)


def _total(group: Group) -> float:
    """The value of the whole bar; unknown values and values below zero add nothing."""
    return sum(float(value) for value in group.values if value is not None and value > 0)


def _share(value: Value, longest: float) -> float:
    """The length of a bar as a percentage of the width. A value below zero has no bar, only its text."""
    if value is None or value <= 0:
        return 0.0
    return round(float(value) / longest * LONGEST_BAR, 2)


def _write(text: str, kind: str, top: int, pieces: list[SafeString]) -> int:
    """Add a text to `pieces` and return the top of what comes below it. SVG does not break lines, so we do."""
    for line in textwrap.wrap(text, LINE_LENGTH):
        pieces.append(format_html('<text class="lvv-chart__{}" x="0" y="{}">{}</text>', kind, top + 15, line))
        top += LINE_HEIGHT
    return top


def _bar(value: Value, *, ink: int, longest: float, top: int, chart_id: str) -> SafeString:
    share = _share(value, longest)
    words = format_html(
        '<text class="lvv-chart__value" x="{}%" dx="{}" y="{}">{}</text>',
        share,
        8 if share else 0,
        top + 14,
        dutch_number(value),
    )
    return format_html("{}{}", _ink(0, share, ink=ink, top=top, chart_id=chart_id), words) if share else words


def _ink(left: float, share: float, *, ink: int, top: int, chart_id: str) -> SafeString:
    """A piece of a bar: solid for the first series, patterned with an outline for the others."""
    fill = mark_safe("") if ink == 1 else format_html(' fill="url(#{}-ink-{})"', chart_id, ink)
    return format_html(
        '<rect class="lvv-chart__bar lvv-chart__bar--{}" x="{}%" y="{}" width="{}%" height="{}"{}/>',
        ink,
        left,
        top + 0.5,
        share,
        BAR_HEIGHT - 1,
        fill,
    )


def _segments(group: Group, *, longest: float, top: int, chart_id: str) -> Iterator[SafeString]:
    left = 0.0
    for ink, value in enumerate(group.values, start=1):
        if share := _share(value, longest):
            yield _ink(round(left, 2), share, ink=ink, top=top, chart_id=chart_id)
            left += share


def _in_words(group: Group, series: Sequence[str]) -> str:
    return ", ".join(f"{name} {dutch_number(value)}" for name, value in zip(series, group.values, strict=True))


def _legend(series: Sequence[str], chart_id: str) -> tuple[list[SafeString], int]:
    """A sample and a name for each series, one below the other; and the top of what comes below them."""
    pieces = []
    for ink, name in enumerate(series, start=1):
        top = (ink - 1) * LINE_HEIGHT
        fill = mark_safe("") if ink == 1 else format_html(' fill="url(#{}-ink-{})"', chart_id, ink)
        pieces.append(
            format_html(
                '<rect class="lvv-chart__bar lvv-chart__bar--{}" x="0.5" y="{}" width="25" height="13"{}/>'
                '<text class="lvv-chart__label" x="36" y="{}">{}</text>',
                ink,
                top + 3.5,
                fill,
                top + 15,
                name,
            )
        )
    return pieces, len(series) * LINE_HEIGHT + GAP


def _patterns(chart_id: str, inks: int) -> SafeString:
    return format_html_join(
        "",
        '<pattern id="{}-ink-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect class="lvv-chart__paper" width="8" height="8"/><g class="lvv-chart__ink-{}">{}</g></pattern>',
        ((chart_id, ink, ink, mark_safe(TILES[ink - 1])) for ink in range(2, inks + 1)),
    )


def _drawing(
    chart_id: str,
    *,
    title: str,
    description: str,
    height: int,
    pieces: Sequence[SafeString],
    patterns: str = "",
    is_clipped: bool = False,
) -> SafeString:
    return format_html(
        '<svg class="lvv-chart{clip}" role="img" aria-labelledby="{id}-titel" aria-describedby="{id}-uitleg"'
        ' width="100%" height="{height}">'
        '<title id="{id}-titel">{title}</title><desc id="{id}-uitleg">{description}</desc>'
        "<defs>{patterns}</defs>{pieces}</svg>",
        id=chart_id,
        clip=" lvv-chart--clipped" if is_clipped else "",
        height=height,
        title=title,
        description=description,
        patterns=patterns,
        pieces=format_html_join("", "{}", ((piece,) for piece in pieces)),
    )
