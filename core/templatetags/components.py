"""The components of a page: a template names them in a line, their HTML stands in one place.

They know no person, case or meeting: what they show, the template gives them. HTML of more than a line stands in
templates/components/. Every template has these tags and filters without loading them (`builtins` in the settings).
"""

import re
from collections.abc import Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import defaultfilters
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# Of more signs than an e-mail address has, outside the attributes of a tag.
LONG_WORD = re.compile(r'[>\s](?:[^\s<>"=]|=(?!")){46}')


@register.filter(expects_localtime=True)
def day(value: Any) -> str:
    """1 november 2020."""
    return defaultfilters.date(value, "j F Y")


@register.filter(expects_localtime=True)
def short_day(value: Any) -> str:
    """1 nov 2020."""
    return defaultfilters.date(value, "j M Y").lower()


@register.filter(expects_localtime=True)
def moment(value: Any) -> str:
    """1 november 2020, 14.05 uur."""
    return f"{defaultfilters.date(value, 'j F Y, H.i')} uur" if value else ""


@register.filter
def plural(number: int, words: str) -> str:
    """How many of what: `{{ cases|length|plural:"zaak,zaken" }}`."""
    return f"{localize(number)} {defaultfilters.pluralize(number, words)}"


@register.simple_block_tag
def capture(content: SafeString) -> SafeString:
    """Keep a piece of HTML for a component: `{% capture as title %}Zaak {{ number }}{% endcapture %}`."""
    return SafeString(content.strip())


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="lvv-icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("lvv/icons.svg"),
        name,
    )


@register.simple_tag
def status(kind: str, words: str) -> SafeString:
    """Where something stands; the kinds are neutral, ok, active, info, warning and error."""
    return format_html('<span class="lvv-status lvv-status--{}">{}</span>', kind or "neutral", words)


@register.simple_tag
def link(text: str, to: str, *args: Any, also: str = "", query: str = "") -> SafeString:
    """A link to a named page or an address; a screen reader adds what is `also` said, as which of several."""
    return format_html('<a href="{}">{}</a>', _address(to, args, query), _spoken(text, also))


@register.simple_tag
def button(text: str, to: str, *args: Any, kind: str = "secondary", image: str = "", also: str = "") -> SafeString:
    """A link that looks like a button, to a named page or an address; `image` is the name of an icon."""
    classes = f"utrecht-button utrecht-button--{kind}-action"
    inside = format_html("{}{}", icon(image) if image else "", _spoken(text, also))
    return format_html('<a class="{}" href="{}">{}</a>', classes, _address(to, args), inside)


@register.simple_tag
def submit(text: str, kind: str = "primary", image: str = "") -> SafeString:
    """The button that sends a form."""
    classes = f"utrecht-button utrecht-button--{kind}-action"
    return format_html('<button class="{}" type="submit">{}{}</button>', classes, icon(image) if image else "", text)


@register.inclusion_tag("components/action.html")
def action(
    text: str, to: str, *args: Any, id: str, reasons: Sequence[str] = (), kind: str = "primary"
) -> dict[str, object]:
    """The button of an act; with reasons why not, it is shut and says them."""
    return {"text": text, "to": _address(to, args), "id": id, "reasons": reasons, "kind": kind}


@register.inclusion_tag("components/reasons.html")
def reasons(reasons: Sequence[str], title: str = "Dit kan nu niet:", id: str = "") -> dict[str, object]:
    """Why something cannot be done; nothing where there are no reasons."""
    return {"reasons": reasons, "title": title, "id": id}


@register.simple_block_tag
def card(
    content: SafeString, title: str = "", *, id: str = "", beside: str = "", kind: str = "", extra: str = ""
) -> SafeString:
    """A part of a page with its title; `beside` is what stands next to it. Kinds: form, quiet, narrow."""
    classes = " ".join(["lvv-card", *(f"lvv-card--{one}" for one in kind.split()), *extra.split()])
    parts = {"content": content, "title": title, "id": id, "beside": beside, "classes": classes}
    return render_to_string("components/card.html", parts)


@register.simple_block_tag
def section(content: SafeString, title: str, id: str) -> SafeString:
    """A part of a page without a frame of its own, as around a table."""
    head = '<section class="lvv-section" aria-labelledby="{}"><h2 id="{}">{}</h2>{}</section>'
    return format_html(head, id, id, title, content)


@register.simple_block_tag
def fact(content: SafeString, label: str, text: bool = False) -> SafeString:
    """One line of `<dl class="lvv-facts">`; `text` keeps the lines of a longer answer."""
    kind = SafeString(' class="lvv-text"') if text else ""
    return format_html("<div><dt>{}</dt><dd{}>{}</dd></div>", label, kind, SafeString(content.strip()))


@register.simple_tag
def text(value: str) -> SafeString:
    """What somebody wrote, line by line as they wrote it; nothing if they wrote nothing."""
    return format_html('<p class="lvv-text">{}</p>', value) if value else SafeString("")


@register.simple_tag
def stat(label: str, value: object, note: str = "", to: str = "") -> SafeString:
    """A number of `<dl class="lvv-stats">`, with where it leads."""
    return render_to_string("components/stat.html", {"label": label, "value": value, "note": note, "to": to})


@register.simple_block_tag
def table(
    content: SafeString, id: str, caption: str, note: str = "", kind: str = "stack", is_hidden: bool = False
) -> SafeString:
    """A table with its caption, in a region that scrolls if it must.

    The kinds: stack, whose rows become blocks on a narrow screen, for which each cell repeats its head in `data-label`;
    figures, whose first column stays in sight; or none. With `is_hidden` only a screen reader reads the caption.

    A column is as wide as its longest word. Only where a word is longer than any column could be, may words break
    anywhere: a browser would break the short ones too.
    """
    classes = ["lvv-table"]
    if kind:
        classes.append(f"lvv-table--{kind}")
    if LONG_WORD.search(content):
        classes.append("lvv-table--long-words")
    shown = {"content": content, "id": id, "caption": caption, "note": note, "is_hidden": is_hidden}
    return render_to_string("components/table.html", {**shown, "classes": " ".join(classes)})


@register.simple_tag
def heads(*titles: str) -> SafeString:
    """The heads of a table: `{% heads "Datum" "#Zaken" %}`; a # stands before a column of numbers."""
    cells = ((_NUMBER if title.startswith("#") else "", title.removeprefix("#")) for title in map(str, titles))
    return format_html("<thead><tr>{}</tr></thead>", format_html_join("", '<th scope="col"{}>{}</th>', cells))


@register.simple_block_tag
def empty_state(content: SafeString, title: str, action: str = "", to: str = "", *args: Any) -> SafeString:
    """What stands where there is nothing yet, and what to do about it."""
    shown = {"content": SafeString(content.strip()), "title": title, "action": action, "to": _address(to, args)}
    return render_to_string("components/empty_state.html", shown)


@register.simple_block_tag
def alert(content: SafeString, kind: str, title: str = "") -> SafeString:
    """A message across the page; the kinds are ok (Django says success), info, warning and error."""
    kind = {"success": "ok", "debug": "info"}.get(kind, kind)
    shown = {"content": content, "kind": kind, "title": title, **_SIGNS[kind]}
    return render_to_string("components/alert.html", shown)


@register.simple_block_tag
def breadcrumbs(content: SafeString, current: object) -> SafeString:
    """The way to this page: a `{% crumb %}` for each page above it."""
    return render_to_string("components/breadcrumbs.html", {"content": content, "current": current})


@register.simple_tag
def crumb(text: object, to: str, *args: Any) -> SafeString:
    return format_html('<li><a href="{}">{}</a></li>', _address(to, args), text)


@register.inclusion_tag("components/pagination.html")
def pagination(page: Page, query: str = "") -> dict[str, object]:
    return {"page": page, "query": query}


_NUMBER = SafeString(' class="lvv-table__number"')
_SIGNS = {
    "ok": {"image": "check", "sign": "Gelukt:"},
    "warning": {"image": "warning", "sign": "Let op:"},
    "error": {"image": "error", "sign": "Fout:"},
    "info": {"image": "info", "sign": "Informatie:"},
}


def _address(to: str, args: Sequence[Any] = (), query: str = "") -> str:
    """An address stays as it is; the name of a page is looked up."""
    address = to if not to or to[0] in "/?#" else reverse(to, args=args)
    return f"{address}?{query}" if query else address


def _spoken(text: object, also: str) -> SafeString:
    return (
        format_html('{}<span class="lvv-visually-hidden">: {}</span>', text, also) if also else format_html("{}", text)
    )
