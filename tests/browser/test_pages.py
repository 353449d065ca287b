"""Every page, opened in a real browser by somebody who may: no axe finding, no error, no sideways scroll."""

import uuid

import pytest
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize

from tests.browser import subjects
from tests.browser.conftest import FindViolations, LogIn, Site, errors_of
from tests.lvv.addresses import GUARDED, Address

DOMAIN = "demo.lvv.example"
# Who opens which pages, by the start of the address name; the first that fits.
WHO = {
    "accounts:disclosure": "privacy",
    "accounts:": "beheer",
    "mrt:seat": "mrt",
    "mrt:discussion": "mrt",
    "mrt:advice_draft": "mrt",
    "mrt:advice_revise": "mrt",
    "mrt:guest": "mrt",
    "mrt:review": "mrt",
    "mrt:waiver_ask": "mrt",
    "monitor:reported": "voorzitter.amsterdam",
    "monitor:re": "monitor",
    "monitor:round_": "monitor",
    "monitor:exemption": "monitor",
    "monitor:item_reply": "ind.rotterdam",
    "monitor:item_rule": "voorzitter.rotterdam",
    "monitor:settlement": "ind.rotterdam",
    "monitor:tally_accept": "monitor",
    "monitor:tally_send_back": "monitor",
    "": "voorzitter.amsterdam",
}
FILES = ("_json", "_py", "_pdf", "_ics", "_file")
NARROW, WIDE = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)


# Pages that need another row than the first of their model.
OTHER_SUBJECT = {
    "monitor:release_make": "Closed round",
    "cases:person_return": "Closed",
    "scenarios:question_answer": "AskedOfUs",
}


CODES = {"monitor:definition_detail": "2022-01", "monitor:tally_signal": "unexplained"}


def who_opens(address: Address) -> str:
    return next(f"{who}@{DOMAIN}" for start, who in WHO.items() if address.name.startswith(start))


def path_of(address: Address, found: dict[str, str]) -> str:
    by_key = {
        "code": CODES.get(address.name, "present_by_sex"),
        "kind": "stay",
        "which": "cases",
        "form": "csv",
        "fact": found.get("stay"),
        "party": found.get("party"),
        "procedure": found.get("procedure") or uuid.uuid4(),
        "user": found.get("user"),
        "client": found.get("client"),
        "membership": found.get("membership"),
    }
    model = address.on.__name__ if address.on else ""
    subject = found.get(OTHER_SUBJECT.get(address.name, model))
    kwargs = {key: subject if key == "pk" else by_key[key] for key in address.keys}
    return reverse(address.name, kwargs=kwargs)


@pytest.mark.parametrize("address", GUARDED, ids=lambda address: address.name)
def test_every_page_is_accessible_wide_and_narrow(
    address: Address, site: Site, open_as: LogIn, find_violations: FindViolations
) -> None:
    if address.name.endswith(FILES):
        pytest.skip("een bestand, geen pagina")
    who = who_opens(address)
    page = open_as(who)
    with errors_of(page) as errors:
        answer = page.goto(site.url + path_of(address, dict(subjects.find(site.database, who))))
        assert answer is not None
        if getattr(address.view, "reads", False):
            assert answer.status in {200, 302, 405}
        elif address.name != "cases:procedure_decide":
            assert answer.status == 200, page.content()[:500]
        else:
            assert answer.status in {200, 404}
        for size in (WIDE, NARROW):
            assert_fits(page, size, find_violations)
    assert [error for error in errors if "404" not in error] == []


@pytest.mark.long
@pytest.mark.parametrize("address", GUARDED, ids=lambda address: address.name)
def test_every_page_has_contrast_on_a_narrow_screen(
    address: Address, site: Site, open_as: LogIn, find_violations: FindViolations
) -> None:
    who = who_opens(address)
    page = open_as(who)
    if not address.name.endswith(FILES):
        page.goto(site.url + path_of(address, dict(subjects.find(site.database, who))))
        page.set_viewport_size(NARROW)
        assert find_violations(page) == []


def assert_fits(page: Page, size: ViewportSize, find_violations: FindViolations) -> None:
    """At this size axe finds nothing, and the page does not scroll sideways.

    Contrast takes axe half its time and does not depend on the width: the long set measures it on a narrow screen too.
    """
    page.set_viewport_size(size)
    assert find_violations(page, *(["color-contrast"] if size == NARROW else [])) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), size


def test_the_log_in_page_is_accessible(site: Site, page: Page, find_violations: FindViolations) -> None:
    page.goto(f"{site.url}/inloggen/")
    assert find_violations(page) == []
    page.set_viewport_size(NARROW)
    assert find_violations(page) == []


def test_what_is_open_to_everybody_is_accessible(site: Site, page: Page, find_violations: FindViolations) -> None:
    with errors_of(page) as errors:
        page.goto(f"{site.url}/openbaar/")
        edition = page.locator("main tbody a").first.get_attribute("href")
        assert edition
        for path in ("/openbaar/", edition, "/openbaar/api/"):
            answer = page.goto(site.url + path)
            assert answer is not None
            assert answer.status == 200
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            for size in (WIDE, NARROW):
                assert_fits(page, size, find_violations)
    assert errors == []


def test_error_pages_are_accessible(site: Site, log_in: LogIn, find_violations: FindViolations) -> None:
    page = log_in(f"monitor@{DOMAIN}")
    for path, status in ((f"/zaken/{uuid.uuid4()}/", 404), ("/zaken/", 403), ("/bestaat-niet/", 404)):
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == status
        assert find_violations(page) == []
