"""The components say what a template asks of them, and whatever a user typed stays text."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import override_settings
from django.utils.html import escape

TYPED = "<script>alert('x')</script> & co"


def drawn(source: str, **values: object) -> str:
    """The HTML of a template, with every run of white space as one space."""
    return " ".join(Template(source).render(Context(values)).split())


@pytest.mark.parametrize(
    "source",
    [
        '{% capture as kept %}{{ typed }}{% endcapture %}{% card kept id="k" beside=kept %}{{ typed }}{% endcard %}',
        "{% card typed %}{% endcard %}",
        '{% section typed id="s" %}{{ typed }}{% endsection %}',
        '{% table "t" typed note=typed %}<tbody><tr><td>{{ typed }}</td></tr></tbody>{% endtable %}',
        "{% heads typed %}",
        "{% fact typed %}{{ typed }}{% endfact %}",
        "{% text typed %}",
        "{% stat typed typed note=typed %}",
        "{% status 'ok' typed %}",
        "{% alert 'info' typed %}{{ typed }}{% endalert %}",
        "{% empty_state typed typed '?' %}{{ typed }}{% endempty_state %}",
        "{% breadcrumbs typed %}{% crumb typed '/' %}{% endbreadcrumbs %}",
        "{% link typed '/' also=typed %}{% link typed '?' query=typed %}",
        "{% button typed '/' also=typed %}{% submit typed %}",
        "{% action typed '/' id='a' reasons=reasons %}",
        "{% reasons reasons typed %}",
    ],
)
def test_what_a_user_typed_stays_text(source: str) -> None:
    html = drawn(source, typed=TYPED, reasons=[TYPED])
    assert "<script" not in html
    assert escape(TYPED) in html
    assert escape(escape(TYPED)) not in html


def test_days_and_moments_are_said_in_dutch_and_in_our_time() -> None:
    at = datetime(2020, 11, 1, 23, 5, tzinfo=UTC)
    assert drawn("{{ on|day }}, {{ on|short_day }}", on=date(2020, 11, 1)) == "1 november 2020, 1 nov 2020"
    assert drawn("{{ at|day }}; {{ at|moment }}", at=at) == "2 november 2020; 2 november 2020, 00.05 uur"
    assert drawn("{{ at|day }}{{ at|short_day }}{{ at|moment }}", at=None) == ""


@override_settings(USE_THOUSAND_SEPARATOR=True)
def test_a_number_comes_with_its_word() -> None:
    shown = drawn('{% for n in numbers %}{{ n|plural:"zaak,zaken" }};{% endfor %}', numbers=[0, 1, 2, 1400])
    assert shown == "0 zaken;1 zaak;2 zaken;1.400 zaken;"


def test_a_link_leads_to_a_page_by_name_or_to_an_address() -> None:
    assert drawn('{% link "Start" "home" %}') == '<a href="/">Start</a>'
    assert drawn('{% link "Zaak" "case" pk %}', pk="0" * 8 + "-0000-0000-0000-" + "0" * 12).startswith(
        '<a href="/zaken/'
    )
    assert drawn('{% link "Alles" "?van=alle" %}') == '<a href="?van=alle">Alles</a>'
    assert drawn('{% link "Meer" "home" query="a=1&b=2" %}') == '<a href="/?a=1&amp;b=2">Meer</a>'
    assert ": zaak 1</span>" in drawn('{% link "Open" "home" also="zaak 1" %}')


def test_an_act_that_cannot_be_done_is_shut_and_says_why() -> None:
    source = '{% action "Sluiten" "home" id="sluiten" reasons=reasons %}'
    shut, ready = drawn(source, reasons=["Er loopt een verblijf."]), drawn(source, reasons=[])
    assert 'disabled aria-describedby="sluiten-redenen"' in shut
    assert 'id="sluiten-redenen"' in shut
    assert "Er loopt een verblijf." in shut
    assert "disabled" not in ready
    assert 'href="/"' in ready


def test_a_table_is_a_region_that_its_caption_names() -> None:
    html = drawn('{% table "zaken" "Alle zaken" %}{% heads "Zaak" "#Dagen" %}{% endtable %}')
    assert 'role="region" aria-labelledby="zaken" tabindex="0"' in html
    assert '<caption id="zaken"> Alle zaken </caption>' in html
    assert '<th scope="col">Zaak</th><th scope="col" class="lvv-table__number">Dagen</th>' in html
    assert 'class="lvv-table lvv-table--stack"' in html
    assert 'class="lvv-table"' in drawn('{% table "zaken" "Alle zaken" kind="" %}{% endtable %}')


@pytest.mark.parametrize(
    ("cell", "is_long"),
    [
        ("W" * 46, True),
        (f"Zaak {'W' * 46}.", True),
        ("een.adres.van.gewone.lengte@stichting-voorbeeld.nl"[:45], False),
        (f'<a href="/zaken/{"0" * 60}/?van={"0" * 60}">Open</a>', False),
        ("Een zin van gewone woorden, die samen veel langer is dan een kolom.", False),
    ],
)
def test_words_break_anywhere_only_in_a_table_with_one_that_fits_nowhere(cell: str, is_long: bool) -> None:
    html = drawn(f'{{% table "t" "Zaken" %}}<tbody><tr><td>{cell}</td></tr></tbody>{{% endtable %}}')
    assert ("lvv-table--long-words" in html) is is_long


def test_a_card_is_named_by_its_title() -> None:
    html = drawn(
        '{% status "ok" "Klaar" as mark %}'
        '{% card "Verblijf" id="verblijf" beside=mark kind="form quiet" %}{% endcard %}'
    )
    assert '<section class="lvv-card lvv-card--form lvv-card--quiet" aria-labelledby="verblijf">' in html
    assert (
        '<h2 class="lvv-card__title" id="verblijf">Verblijf</h2><span class="lvv-status lvv-status--ok">Klaar' in html
    )
    assert "lvv-card__header" not in drawn('{% card "Verblijf" %}{% endcard %}')


def test_an_alert_says_its_kind_to_who_does_not_see_the_colour() -> None:
    for kind, sign in (("ok", "Gelukt:"), ("success", "Gelukt:"), ("warning", "Let op:"), ("error", "Fout:")):
        assert f">{sign}</span>" in drawn("{% alert kind %}<p>Iets</p>{% endalert %}", kind=kind)
    with pytest.raises(KeyError):
        drawn("{% alert 'nieuws' %}{% endalert %}")


def test_what_nobody_wrote_takes_no_room() -> None:
    assert drawn("{% text '' %}{% text nothing %}{% reasons none %}", none=[]) == ""
    assert drawn("{% text words %}", words="Een\ntwee") == '<p class="lvv-text">Een twee</p>'


def test_a_block_that_is_not_closed_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        drawn('{% card "Verblijf" %}')
