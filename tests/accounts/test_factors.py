"""The second factor belongs to the session: whoever has the password alone gets nowhere, whatever the owner does."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import credentials, factors
from accounts.access import METHODS
from accounts.middleware import API_NAMESPACE, OPEN_PAGES, SETTING_UP
from accounts.models import AuditEntry, User
from core.models import Effect
from lvv.effects import HANDLERS
from tests.accounts.test_own_account import ANOTHER, PASSWORD, Browser, code_of, log_in
from tests.conftest import as_owner
from tests.lvv.addresses import addresses

# Something to stand in each place of an address; there need not be such a thing.
ANY: dict[str, object] = defaultdict(lambda: "x")
ANY |= dict.fromkeys(("place", "user", "membership"), 1)
ANY |= dict.fromkeys(("pk", "fact", "party", "procedure"), uuid.UUID(int=1))
NEW_PASSWORD = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
CHANGES = (credentials.ADDED, credentials.REMOVED, credentials.PASSWORD)
CODES = ("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes")


@pytest.fixture(autouse=True)
def compulsory(settings: Any, db: None) -> Iterator[None]:
    """The second factor is compulsory, as in production."""
    settings.MFA_IS_REQUIRED = True
    settings.MFA_TOTP_TOLERANCE = 1  # A half minute may end between reading a code and sending it.
    yield
    cache.clear()


@pytest.fixture
def owner(worker: User) -> Client:
    """The browser of the user, who is about to set up a factor."""
    browser = Browser()
    log_in(browser, worker)
    return browser


@pytest.fixture
def thief(worker: User) -> Client:
    """A browser in which somebody else logged in with the password of the user, and waits."""
    browser = Browser()
    log_in(browser, worker)
    return browser


def set_up(browser: Client) -> str:
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = reverse("mfa_activate_totp")
    secret: str = browser.get(page).context["form"].secret
    assert browser.post(page, {"code": code_of(secret)}).status_code == 302
    cache.clear()  # A code is used once; the next one comes half a minute later.
    return secret


def is_out(browser: Client) -> bool:
    return browser.get(reverse("home")).headers.get("Location", "").startswith(reverse("account_login"))


def age(browser: Client, key: str, seconds: float) -> None:
    """Let what the session showed lie longer in the past."""
    session = browser.session
    session[key] = [record | {"at": record["at"] - seconds} for record in session[key]]
    session.save()


def test_a_parked_session_ends_when_the_owner_sets_up_a_factor(owner: Client, thief: Client) -> None:
    set_up(owner)
    assert owner.get(reverse("home")).status_code == 200
    for page in ("home", *CODES, "mfa_deactivate_totp", "mfa_index"):
        answer = thief.get(reverse(page))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("account_login")), page


def test_a_session_that_showed_no_factor_ends_also_when_its_stamp_fits(owner: Client, worker: User) -> None:
    """The second guard, should a factor ever come about on another way than the pages."""
    set_up(owner)
    worker.refresh_from_db()
    without = Browser()
    without.force_login(worker)
    assert without.get(reverse("api:figures")).status_code == 401
    assert is_out(without)
    assert "_auth_user_id" not in without.session


def test_without_a_factor_a_session_is_only_good_for_setting_one_up(owner: Client) -> None:
    closed = [a for a in addresses() if not a.name.startswith(f"{API_NAMESPACE}:") and a.name not in OPEN_PAGES]
    assert {"home", "mfa_index", "account_change_password", *CODES} <= {address.name for address in closed}
    for address in (a for a in closed if a.name not in SETTING_UP):
        for method in METHODS:
            answer = owner.generic(method, reverse(address.name, kwargs={key: ANY[key] for key in address.keys}))
            assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp")), address.name
    for name in SETTING_UP:
        assert owner.get(reverse(name)).headers.get("Location", "") != reverse("mfa_activate_totp")
    assert not SETTING_UP & OPEN_PAGES
    assert owner.get(reverse("api:figures")).status_code == 401


def test_codes_and_switching_off_ask_the_factor_also_of_who_gave_the_password(owner: Client) -> None:
    secret = set_up(owner)
    age(owner, "account_authentication_methods", factors.FRESH.total_seconds() + 1)
    owner.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    for page in (*CODES, "mfa_deactivate_totp"):
        for method in METHODS:
            answer = owner.generic(method, reverse(page))
            assert answer["Location"] == f"{reverse('mfa_reauthenticate')}?next={reverse(page).replace('/', '%2F')}"
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1
    assert owner.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)}).status_code == 302
    assert owner.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]


def test_switching_off_ends_other_sessions_and_leads_back_to_setting_up(owner: Client, worker: User) -> None:
    secret = set_up(owner)
    second = Browser()
    log_in(second, worker)
    assert second.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert second.get(reverse("home")).status_code == 200
    assert owner.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert is_out(second)
    assert owner.get(reverse("home"))["Location"] == reverse("mfa_activate_totp")


def test_a_new_password_ends_other_sessions(owner: Client, worker: User) -> None:
    secret = set_up(owner)
    second = Browser()
    log_in(second, worker)
    second.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert owner.post(reverse("account_change_password"), NEW_PASSWORD).status_code == 302
    assert is_out(second)
    assert owner.get(reverse("home")).status_code == 200


def test_each_change_is_a_line_and_a_mail_without_a_secret(owner: Client, worker: User) -> None:
    secret = set_up(owner)
    owner.post(reverse("mfa_generate_recovery_codes"))
    codes = owner.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    owner.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    )
    owner.post(reverse("mfa_deactivate_totp"))
    worker.refresh_from_db()
    with as_owner():
        lines = list(AuditEntry.objects.filter(verb__in=CHANGES).order_by("pk"))
    told = [(line.verb, line.details.get("kind", "")) for line in lines]
    assert told == [
        ("user.factor_added", "totp"),
        ("user.factor_added", "recovery_codes"),
        ("user.factor_added", "recovery_codes"),
        ("user.password_changed", ""),
        ("user.factor_removed", "totp"),
        ("user.factor_removed", "recovery_codes"),
    ]
    assert {line.user_id for line in lines} == {worker.pk}
    for effect in Effect.objects.filter(kind="credentials"):
        HANDLERS[effect.kind](effect)
    assert [mailed.to for mailed in mail.outbox] == [[worker.email]] * 4
    written = str([(line.details, line.verb) for line in lines]) + "".join(str(m.body) for m in mail.outbox)
    for secret_text in (secret, PASSWORD, ANOTHER, worker.password, *codes):
        assert secret_text not in written
    for sentence in ("authenticator-app ingesteld", "nieuwe herstelcodes", "wachtwoord is gewijzigd", "uitgezet"):
        assert sentence in written


def stored() -> str:
    with as_owner():
        return str(list(Authenticator.objects.values_list("data", flat=True)))


def test_whoever_reads_the_table_of_factors_has_no_secret(owner: Client) -> None:
    secret = set_up(owner)
    codes = owner.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert factors.SEALED in stored()
    for text in (secret, *codes):
        assert text not in stored()


def test_a_secret_from_before_there_was_encryption_works_and_is_encrypted(owner: Client, worker: User) -> None:
    secret = set_up(owner)
    with as_owner():
        Authenticator.objects.filter(type=Authenticator.Type.TOTP).update(data={"secret": secret})
    assert secret in stored()
    owner.post(reverse("account_logout"))
    log_in(owner, worker)
    assert owner.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    with as_owner():
        factors.seal_all()
    assert secret not in stored()
    cache.clear()
    assert Authenticator.objects.get(type=Authenticator.Type.TOTP).wrap().validate_code(code_of(secret))


def test_a_new_secret_key_logs_nobody_out_and_loses_no_factor(owner: Client, worker: User, settings: Any) -> None:
    secret = set_up(owner)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "een-nieuwe-sleutel"
    assert owner.get(reverse("home")).status_code == 200
    with as_owner():
        factors.seal_all()
    settings.SECRET_KEY_FALLBACKS = []
    again = Browser()
    log_in(again, worker)
    assert again.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert again.get(reverse("home")).status_code == 200


def test_looking_at_ones_own_pages_tells_nobody(owner: Client, worker: User) -> None:
    set_up(owner)
    with as_owner():
        before = AuditEntry.objects.count(), Effect.objects.count()
    stamp = User.objects.get(pk=worker.pk).session_stamp
    for page in ("mfa_index", "account_change_password", "mfa_view_recovery_codes"):
        assert owner.get(reverse(page)).status_code == 200
    owner.post(reverse("account_change_password"), NEW_PASSWORD | {"oldpassword": "fout"})
    with as_owner():
        assert (AuditEntry.objects.count(), Effect.objects.count()) == before
    assert User.objects.get(pk=worker.pk).session_stamp == stamp
