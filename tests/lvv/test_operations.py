"""The page for operators names all settings, and its commands work."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings

from accounts.access import may
from accounts.models import Organisation, OrganisationKind, User
from accounts.permissions import Permission
from tests.lvv.test_compose import KNOWN, SERVICES, VARIABLE

PAGE = (settings.BASE_DIR / "docs" / "operations.md").read_text()
TOLD = {name for row in re.findall(r"^\| (`[A-Z_`, ]+`) \|", PAGE, re.MULTILINE) for name in re.findall(r"\w+", row)}
Owner = Callable[[], AbstractContextManager[None]]


def test_the_page_names_every_setting_and_nothing_else() -> None:
    asked = {match["name"] for match in VARIABLE.finditer(str(SERVICES))}
    assert KNOWN | asked == TOLD


def test_the_lines_for_the_first_manager_make_one(owner: Owner, db: None) -> None:
    (lines,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    with owner():
        exec(lines, {})
    manager = User.objects.get(email="beheer@gemeente.example")
    assert may(manager, Permission.MANAGE_USERS)
    assert manager.check_password("een-lang-eerste-wachtwoord")
    assert Organisation.objects.filter(kind=OrganisationKind.NGO, municipality__name="Amsterdam").count() == 1
