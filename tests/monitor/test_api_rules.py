"""The NL API Design Rules, version 2.2: for each of the 36 rules, the tests that check it.

For rules that no program can check, it says who reviewed them and when.
"""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from lvv.api_document import CHANGES
from monitor.api.description import document
from tests.monitor.conftest import OPERATIONS, Get
from tests.reading import words

ROOT = Path(__file__).parents[2]
D, A, L, R, P, S = (
    f"tests/{name}.py::"
    for name in (
        "monitor/test_api_document",
        "monitor/test_api",
        "monitor/test_api_login",
        "monitor/test_api_releases",
        "lvv/test_problems",
        "monitor/test_api_rules",
    )
)
KEEPS = f"{D}test_the_served_document_keeps_the_rule"
FLAGS = f"{D}test_the_rule_flags_a_bad_example"
SEEN = "gelezen door de bouwers, 28 november 2026"
RULES: dict[str, tuple[str, ...]] = {
    "naming-resources": (KEEPS, FLAGS, SEEN),
    "naming-collections": (KEEPS, FLAGS, SEEN),
    "interface-language": (KEEPS, SEEN),  # field names follow the glossary in English, as all code does
    "no-trailing-slash": (KEEPS, FLAGS, f"{P}test_an_unknown_address_is_a_problem_and_no_redirect"),
    "path-segments-kebab-case": (KEEPS, FLAGS),
    "query-keys-camel-case": (KEEPS, FLAGS, f"{A}test_an_unknown_parameter_is_refused_everywhere"),
    "hide-implementation": (f"{D}test_the_document_hides_how_it_is_made", f"{P}test_every_answer_has_the_headers"),
    "date-time/format": (KEEPS, FLAGS, f"{A}test_a_wrong_parameter_is_named_and_not_echoed"),
    "date-time/timezone": (f"{A}test_a_moment_comes_in_with_any_offset_and_goes_out_in_utc",),
    "date-time/date-omit-time-portion": (KEEPS, FLAGS),
    "http-methods": (KEEPS, FLAGS, f"{P}test_another_method_is_refused_with_those_that_can"),
    "http-safety": (f"{A}test_reading_writes_nothing_but_the_throttle",),
    "http-response-code": (f"{P}test_every_declared_status_can_be_seen",),
    "stateless": (f"{S}test_no_answer_sets_a_cookie",),
    "nested-child": (SEEN,),
    "resource-operations": (SEEN,),  # there are none: a token is created, all else is read
    "error-handling/problem-details": (KEEPS, FLAGS, f"{P}test_every_declared_status_can_be_seen"),
    "error-handling/invalid-input": (KEEPS, FLAGS, f"{A}test_a_wrong_parameter_is_named_and_not_echoed"),
    "error-handling/all-errors": (f"{A}test_all_errors_come_together",),
    "doc-openapi": (KEEPS, FLAGS, f"{D}test_the_document_is_valid_openapi"),
    "doc-openapi-contact": (KEEPS, FLAGS),
    "doc-language": (KEEPS, SEEN),
    "publish-openapi": (KEEPS, FLAGS, f"{D}test_the_document_is_open_to_every_site_and_everybody"),
    "deprecation-schedule": (f"{S}test_the_page_says_how_long_something_old_stays",),
    "transition-period": (f"{S}test_the_page_says_how_long_something_old_stays",),
    "changelog": (f"{S}test_a_document_that_changed_is_another_version_with_a_line_of_what_changed",),
    "uri-version": (KEEPS, FLAGS),
    "semver": (KEEPS, FLAGS, f"{S}test_a_document_that_changed_is_another_version_with_a_line_of_what_changed"),
    "version-header": (KEEPS, FLAGS, f"{P}test_every_declared_status_can_be_seen"),
    "transport/tls": (KEEPS, FLAGS, "tests/lvv/test_compose.py::test_outside_the_trial_every_answer_is_over_tls"),
    "transport/no-sensitive-uris": (KEEPS, FLAGS, f"{L}test_a_token_in_the_address_is_not_looked_at"),
    "transport/security-headers": (f"{P}test_every_answer_has_the_headers",),
    "transport/cors": (f"{R}test_every_site_may_read_what_is_published",),
    "modules/geospatial": (SEEN,),  # there is nothing geographic
    "modules/signing": (SEEN,),  # a release is a signed file by itself; messages are not signed
    "modules/encryption": (SEEN,),  # nothing of a person goes over the line
}


@cache
def _tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_are_thirty_six_rules() -> None:
    assert len(RULES) == 36


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_its_evidence(rule: str) -> None:
    assert RULES[rule]
    for evidence in RULES[rule]:
        path, _, name = evidence.partition("::")
        assert evidence == SEEN or name in _tests(path), evidence


# The hash of the document of each version, without its texts: a document that changes needs another version.
FINGERPRINTS = {"1.2.0": "be85cb2902eec8af"}


def test_a_document_that_changed_is_another_version_with_a_line_of_what_changed() -> None:
    served = {name: part for name, part in document().items() if name in ("paths", "components", "servers")}
    fingerprint = hashlib.sha256(json.dumps(_bare(served), sort_keys=True).encode()).hexdigest()[:16]
    assert FINGERPRINTS[settings.API_VERSION] == fingerprint
    assert CHANGES[0]["version"] == settings.API_VERSION
    assert set(FINGERPRINTS).issubset(change["version"] for change in CHANGES)


def _bare(node: object) -> object:
    """A part of the document without its texts."""
    if isinstance(node, list):
        return [_bare(child) for child in node]
    if isinstance(node, dict):
        words = {"description", "summary"}
        return {name: _bare(child) for name, child in node.items() if name not in words or isinstance(child, dict)}
    return node


@pytest.mark.parametrize("path", OPERATIONS)
def test_no_answer_sets_a_cookie(get: Get, path: str) -> None:
    response = get(path, OPERATIONS[path])
    assert response.status_code == 200
    assert not response.cookies


def test_the_page_says_how_long_something_old_stays(client: Client, db: None) -> None:
    shown = words(client.get("/openbaar/api/"))
    assert "ten minste een jaar van tevoren" in shown
    assert "headers Deprecation en Sunset" in shown
    assert "nooit meer dan twee hoofdversies" in shown
