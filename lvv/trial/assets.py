"""The style sheets and the typeface: the npm packages of package-lock.json, fetched and checked without npm.

A package is an archive whose address follows from its name and version; the lock file says what it hashes to. No
script of a package runs, so Node, which is eighty times as large as all of them together, has nothing to do here.
"""

import base64
import binascii
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lvv.trial.console import TrialError, timed
from lvv.trial.folders import PROJECT, remove
from lvv.trial.locks import hold
from lvv.trial.registry import Registry

MODULES = "node_modules"
LOCK_FILE = "package-lock.json"
STAMP = ".lvv-installed"


@dataclass(frozen=True)
class Package:
    """One package of the lock file; `folder` is where it belongs, as in node_modules/@utrecht/button-css."""

    folder: PurePosixPath
    version: str
    integrity: str

    @property
    def name(self) -> str:
        return str(self.folder).rpartition(f"{MODULES}/")[2]

    @property
    def digest(self) -> bytes:
        """What its archive must hash to, by the one kind of hash that npm writes."""
        kind, _, value = self.integrity.partition("-")
        try:
            if kind == "sha512":
                return base64.b64decode(value, validate=True)
        except binascii.Error:
            pass
        raise TrialError(f"Voor {self.name} staat in {LOCK_FILE} geen sha512. Er is niets opgehaald.")


def install_assets(project: Path = PROJECT) -> None:
    """Fetch what the lock file names, unless it is there."""
    if are_installed(project):
        return
    with hold(project / LOCK_FILE):
        if not are_installed(project):  # Another start may have been first.
            with timed("Stijlbestanden ophalen"):
                fetch_all(project)


def are_installed(project: Path) -> bool:
    stamp = project / MODULES / STAMP
    return stamp.exists() and stamp.read_text() == lock_hash(project)


def lock_hash(project: Path) -> str:
    """What the assets are made from."""
    parts = [(project / name).read_bytes() for name in ("package.json", LOCK_FILE)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def locked_packages(project: Path) -> list[Package]:
    """All packages that the lock file names."""
    entries = json.loads((project / LOCK_FILE).read_text())["packages"]
    folders = [PurePosixPath(folder) for folder in entries if folder]
    for folder in folders:
        if folder.parts[0] != MODULES or ".." in folder.parts:
            raise TrialError(f"In {LOCK_FILE} staat een map die niet kan: {folder}.")
    locked = [(folder, entries[str(folder)]) for folder in folders]
    return [Package(folder, entry["version"], entry.get("integrity", "")) for folder, entry in locked]


def fetch_all(project: Path) -> None:
    """Fetch them beside their place, and move them there in one go when all is well."""
    packages, registry = locked_packages(project), Registry.chosen(project)
    half = project / f"{MODULES}.new"
    remove(half)
    try:
        with ThreadPoolExecutor(len(packages)) as pool:
            for package, archive in zip(packages, pool.map(registry.fetch, packages), strict=True):
                unpack(package, checked(package, archive), half / package.folder.relative_to(MODULES))
        (half / STAMP).write_text(lock_hash(project))
        remove(project / MODULES)
        half.rename(project / MODULES)
    finally:
        remove(half)


def checked(package: Package, archive: bytes) -> bytes:
    """The archive, if it is the one that the lock file means."""
    if hashlib.sha512(archive).digest() != package.digest:
        raise TrialError(
            f"Het pakket {package.name} {package.version} is niet wat {LOCK_FILE} noemt: de controlesom klopt niet. "
            "Er is niets geplaatst."
        )
    return archive


def unpack(package: Package, archive: bytes, target: Path) -> None:
    """Write the regular files of an archive below `target`, each with our own rights; no link is ever made."""
    try:
        for path, content in files_of(package, archive):
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise TrialError(f"Het pakket {package.name} {package.version} is niet uit te pakken: {error}.") from None


def files_of(package: Package, archive: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The regular files with their place below the archive's one folder, of whatever name, as npm reads it."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise TrialError(f"Het pakket {package.name} wil buiten zijn map schrijven: {member.name}.")
            content = members.extractfile(member) if member.isreg() else None
            if content is not None:
                yield PurePosixPath(*path.parts[1:]), content.read()
