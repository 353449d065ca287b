"""The files for production (compose, image, example of `.env`) fit the settings and commands that they name."""

import ast
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from hashlib import pbkdf2_hmac, sha256
from hmac import digest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery
from click.testing import CliRunner
from django.conf import settings
from django.core.management import get_commands
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from gunicorn.config import Config

from core import papers
from core.roles import WEB
from lvv.celery import app
from lvv.management.commands.prepare import set_password

ROOT = settings.BASE_DIR
OURS = {"migrate", "web", "worker", "scheduler"}
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VALUES = {
    "SECRET_KEY": "x" * 50,
    "RELEASE_KEY": "x" * 43,
    "ALLOWED_HOSTS": "lvv.example.nl",
    "CSRF_TRUSTED_ORIGINS": "https://lvv.example.nl",
    "SUPERUSER_PASSWORD": "geheim1",
    "OWNER_PASSWORD": "geheim2",
    "WEB_PASSWORD": "geheim3",
    "EMAIL_HOST": "mail.example.nl",
    "LVV_FROM_EMAIL": "lvv@example.nl",
    "LVV_CONTACT_URL": "https://lvv.example.nl/contact",
    "LVV_CONTACT_EMAIL": "monitor@example.nl",
}
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?:(?P<sign>:[?-])(?P<rest>[^}]*))?\}")


def filled(text: str) -> str:
    """The value as compose fills it in with the example of `.env`."""

    def value(found: re.Match[str]) -> str:
        if found["name"] in VALUES:
            return VALUES[found["name"]]
        assert found["sign"] == ":-", f"{found['name']} is not in the example"
        return found["rest"]

    return VARIABLE.sub(value, text)


def environment(service: str) -> dict[str, str]:
    return {name: filled(value) for name, value in SERVICES[service]["environment"].items()}


def variables_of_settings() -> Iterator[tuple[str, bool]]:
    """Each environment variable that the settings read, and whether it is compulsory."""
    for node in ast.walk(ast.parse((ROOT / "lvv" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = ast.unparse(node.func)
            if function in {"required", "listed", "os.environ.get"}:
                yield str(node.args[0].value), function == "required"
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield ast.literal_eval(node.slice), False


KNOWN = {name for name, _ in variables_of_settings()}
DEMANDED = {name for name, is_demanded in variables_of_settings() if is_demanded}


def test_the_check_reads_the_settings_rightly() -> None:
    assert {"SECRET_KEY", "DATABASE_URL"} == DEMANDED
    assert {"DATABASE_OWNER_URL", "ALLOWED_HOSTS", "REDIS_URL", "LVV_AUDIT_ANCHOR"} <= KNOWN


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_variable_of_a_service_is_one_of_the_settings(service: str) -> None:
    assert set(SERVICES[service]["environment"]) <= KNOWN


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_setting_that_is_demanded_is_given(service: str) -> None:
    given = set(SERVICES[service]["environment"])
    assert DEMANDED | {"ALLOWED_HOSTS", "REDIS_URL", "CSRF_TRUSTED_ORIGINS"} <= given


def test_the_owner_of_the_database_is_known_to_the_migration_alone() -> None:
    assert [name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]] == ["migrate"]
    assert "OWNER_PASSWORD" not in str({name: SERVICES[name] for name in OURS - {"migrate"}})


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_missing_secret_stops_the_start_with_a_clear_line(service: str) -> None:
    for found in VARIABLE.finditer(str(SERVICES[service])):
        if found["name"] in VALUES:
            assert (found["sign"], found["rest"]) == (":?", f"zet {found['name']} in .env")


def test_no_secret_stands_in_the_files() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET", name):
                assert VARIABLE.fullmatch(value), name
            if name.startswith("DATABASE"):
                assert VARIABLE.search(value), name


@pytest.mark.parametrize("service", sorted(OURS))
def test_the_settings_load_with_the_variables_of_a_service(service: str) -> None:
    code = (
        "from lvv import settings as s; print(s.IS_TRIAL, s.DATABASES['default']['USER'], s.REDIS_URL, s.SITE_URL,"
        " s.MFA_IS_REQUIRED, s.SESSION_COOKIE_SECURE)"
    )
    started = run(code, environment(service))
    assert started.stdout.split() == [
        "False",
        "lvv_web",
        "redis://redis:6379/0",
        "https://lvv.example.nl",
        "True",
        "True",
    ]


def test_outside_the_trial_every_answer_is_over_tls() -> None:
    code = "from lvv import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31_536_000)"
    assert run(code, environment("web")).stdout.split() == ["True", "True"]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL"])
def test_the_site_itself_names_what_is_missing_too(missing: str) -> None:
    given = {name: value for name, value in environment("web").items() if name != missing}
    started = run("import lvv.settings", given)
    assert started.returncode != 0
    assert f"Instelling {missing} ontbreekt" in started.stderr.splitlines()[-1]


def run(code: str, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"]}
    return subprocess.run([sys.executable, "-c", code], env=bare | given, cwd=ROOT, capture_output=True, text=True)


def test_the_commands_exist() -> None:
    assert SERVICES["migrate"]["command"][:2] == ["python", "manage.py"]
    assert SERVICES["migrate"]["command"][2] in get_commands()
    assert SERVICES["web"]["command"][:2] == ["gunicorn", "lvv.wsgi"]
    assert callable(import_module("lvv.wsgi").application)
    assert import_string(settings.WSGI_APPLICATION.rpartition(".")[0] + ".application")
    for name, task in (("worker", "worker"), ("scheduler", "beat")):
        assert SERVICES[name]["command"][:4] == ["celery", "--app", "lvv", task]
    assert import_module("lvv.celery").app is app


def test_the_options_of_the_site_are_understood() -> None:
    options = Config().parser().parse_args(SERVICES["web"]["command"][1:])
    assert options.bind == ["0.0.0.0:8000"]


@pytest.mark.parametrize("service", ["worker", "scheduler"])
def test_the_options_of_celery_are_understood(service: str) -> None:
    *options, last = SERVICES[service]["command"][1:]
    assert CliRunner().invoke(celery, [*options, last, "--help"]).exit_code == 0
    # A mistake is noticed.
    assert CliRunner().invoke(celery, [*options, last, "--nonsense"]).exit_code == 2


def test_the_health_checks_use_what_exists() -> None:
    assert SERVICES["web"]["healthcheck"]["test"] == ["CMD", "python", "-m", "lvv.probe"]
    assert find_spec("lvv.probe") is not None
    assert all("healthcheck" in SERVICES[name] for name in set(SERVICES) - {"migrate"})
    assert "$$HOSTNAME" in SERVICES["worker"]["healthcheck"]["test"][1]
    assert SERVICES["scheduler"]["command"][-1] == "/tmp/schedule"
    assert "/tmp/schedule" in SERVICES["scheduler"]["healthcheck"]["test"][1]


@pytest.mark.parametrize("service", ["web", "worker", "scheduler"])
def test_nothing_serves_before_the_database_is_ready_and_migrated(service: str) -> None:
    assert SERVICES[service]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "db": {"condition": "service_healthy"},
    }


def test_the_database_is_made_ready_before_it_is_migrated() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


@pytest.mark.parametrize("service", sorted(OURS))
def test_our_containers_have_no_power(service: str) -> None:
    made = SERVICES[service]
    assert made["user"] == "10001:10001"
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in made["security_opt"]


def test_only_the_site_is_reached_from_outside_and_only_over_the_proxy() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert all(filled(port).startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("db", "redis", "migrate", "scheduler"))


def test_every_service_restarts_by_itself() -> None:
    assert all(SERVICES[name]["restart"] == "unless-stopped" for name in set(SERVICES) - {"migrate"})


def test_the_anchor_of_the_audit_trail_outlives_the_container() -> None:
    assert SERVICES["worker"]["volumes"] == ["anchor:/anchor"]
    assert environment("worker")["LVV_AUDIT_ANCHOR"].startswith("/anchor/")
    assert "-o lvv -g lvv /anchor" in DOCKERFILE


def test_the_image_runs_as_an_ordinary_user_with_pinned_packages() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in last_stage
    assert "pip" not in last_stage
    assert "--require-hashes" in DOCKERFILE
    assert "npm ci" in DOCKERFILE


def test_the_image_keeps_the_typefaces_of_the_papers() -> None:
    removed = re.search(r"find node_modules .* ! -name (\S+) -exec rm", DOCKERFILE)
    assert removed and Path(papers.RARE).name == removed[1]
    assert str(ROOT / "node_modules" / removed[1]) == papers.RARE


def test_the_files_that_the_image_copies_exist_and_are_not_ignored() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert all((ROOT / name).exists() for name in let_in)
    packages = {name.partition(".")[0] for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()}
    assert packages | {"templates", "manage.py", "pyproject.toml", "requirements/base.txt"} <= let_in


def test_the_image_imports_nothing_that_it_leaves_out() -> None:
    for package in ("core", "accounts", "cases", "scenarios", "mrt", "monitor", "lvv"):
        for path in (ROOT / package).rglob("*.py"):
            if "trial" not in path.relative_to(ROOT).parts:
                assert "lvv.trial" not in path.read_text(), path


def test_the_owner_gives_the_web_its_password_and_the_server_never_reads_it(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local role none")
    with CaptureQueriesContext(connection) as queries:
        set_password(WEB, "een 'lastig' wachtwoord")
    ((statement, verifier),) = re.findall(r"(alter role \"lvv_web\" password) '([^']+)'", queries[-1]["sql"])
    assert "lastig" not in queries[-1]["sql"]
    assert fits(verifier, "een 'lastig' wachtwoord")
    assert not fits(verifier, "een ander wachtwoord")


def fits(verifier: str, password: str) -> bool:
    """Whether a SCRAM verifier belongs to a password (RFC 5803)."""
    found = re.fullmatch(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)", verifier)
    assert found is not None
    salted = pbkdf2_hmac("sha256", password.encode(), b64decode(found[2]), int(found[1]))
    return sha256(digest(salted, b"Client Key", "sha256")).digest() == b64decode(found[3])
