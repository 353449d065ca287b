"""The version of the product stands in one place and is shown where people look. And the licence is named."""

import json
import re
import tomllib

from django.conf import settings
from django.test import Client
from django.urls import reverse

ROOT = settings.BASE_DIR
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ARTICLES = [*(f"{number}." for number in range(1, 16)), "Appendix"]


def test_a_page_shows_the_version_of_the_project_file(client: Client, db: None) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert re.findall(r"versie ([\d.]+)", page) == [PROJECT["version"]]


def test_the_document_of_the_api_names_the_product_beside_its_own_version(client: Client, db: None) -> None:
    info = client.get(reverse("api:openapi")).json()["info"]
    assert (info["x-product-version"], info["version"]) == (PROJECT["version"], settings.API_VERSION)


def test_no_other_file_says_the_version_again() -> None:
    assert "version" not in json.loads((ROOT / "package.json").read_text())
    assert 'VERSION = "' not in (ROOT / "lvv" / "settings.py").read_text().replace("API_VERSION = ", "")


def test_the_newest_version_in_the_changelog_is_this_one() -> None:
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_the_licence_is_whole_and_named_alike() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")
    assert re.findall(r"^(\d+\.|Appendix)", text, re.MULTILINE) == ARTICLES
    assert {PROJECT["license"], json.loads((ROOT / "package.json").read_text())["license"]} == {"EUPL-1.2"}
