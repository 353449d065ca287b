"""Where the trial run keeps its things, and the rules those places must keep."""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

from lvv.trial.console import TrialError

PROJECT = Path(__file__).resolve().parents[2]
VAR = PROJECT / "var"
# With the file's own name a socket's path may have 107 bytes on Linux and 103 on macOS.
SOCKET_FOLDER_LIMIT = 80
# PostgreSQL and Valkey each read a socket's path as a list or a pattern: only plain signs are safe.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


def short_name(path: Path) -> str:
    """The same path always gets the same ten signs."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def make_folder(path: Path, mode: int = 0o700) -> Path:
    """Make a folder with exactly this mode, whatever the caller's umask is."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    return path


def make_own_folder(path: Path, owner: int) -> Path:
    """Make a folder that only `owner` can enter; refuse one that somebody else put there before."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {os.getuid(), owner}:
        raise TrialError(f"De map {path} is van een andere gebruiker. Start ./run als die, of verwijder de map.")
    path.chmod(0o700)
    if path.stat().st_uid != owner:
        os.chown(path, owner, -1)
    return path


def socket_folder(wanted: Path) -> Path:
    """The wanted folder, or a short one in the temp folder when it is too long or has odd signs."""
    if len(os.fsencode(wanted)) <= SOCKET_FOLDER_LIMIT and PLAIN_PATH.fullmatch(str(wanted)):
        return wanted
    return Path(tempfile.gettempdir()) / f"lvv-{os.getuid()}-{short_name(wanted)}"


def remove(path: Path) -> None:
    """Remove a folder or file with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-count:]) if log.exists() else ""


def secret(path: Path, *, size: int) -> str:
    """A secret of this trial run, of `size` random bytes: made once, readable by its owner alone."""
    path.touch(mode=0o600)
    if not path.read_text():
        path.write_text(secrets.token_urlsafe(size))
    return path.read_text()
