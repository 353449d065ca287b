"""The account that the embedded PostgreSQL runs under: PostgreSQL refuses to be root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from lvv.trial.console import TrialError


class Dropped(TypedDict, total=False):
    """The arguments of `subprocess` that start a program under another account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An account by its numbers; `is_other` when it is not the one we run under ourselves."""

    uid: int
    gid: int
    is_other: bool

    @property
    def dropped(self) -> Dropped:
        return Dropped(user=self.uid, group=self.gid, extra_groups=[]) if self.is_other else Dropped()

    @property
    def passage_mode(self) -> int:
        """The mode of a folder that this account must pass through, and nobody may look into."""
        return 0o711 if self.is_other else 0o700

    def can(self, *test: str) -> bool:
        """Ask `test` as this account, for instance `-x` and a path."""
        return subprocess.run(["test", *test], cwd="/", **self.dropped).returncode == 0


@cache
def postgres_account() -> Account:
    """Ourselves, or for root an account that is there: never one made for the purpose."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_other=False)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, is_other=True)
    raise TrialError("PostgreSQL kan niet als root draaien. Start ./run als een gewone gebruiker.")
