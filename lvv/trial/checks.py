"""`./run test`: all checks in order, one line each; the whole output only of what failed."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from lvv.trial.console import say, seconds
from lvv.trial.environment import as_owner
from lvv.trial.folders import PROJECT
from lvv.trial.processes import die_with

# Its command line tool is no module that Python can run by name.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"


@dataclass(frozen=True)
class Check:
    """One check: its title, Python's arguments, and whether it speaks with the owner's role."""

    title: str
    arguments: list[str]
    is_owner: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one check said."""

    passed: bool
    output: str

    @property
    def last_line(self) -> str:
        """The count of the tests, without its rulers."""
        lines = re.findall(r"^.*\bin [\d.]+s\b.*$", self.output, re.MULTILINE)
        return lines[-1].strip("= ") if lines else "pytest gaf geen telling"


# Two cores, two workers; what shares the demo world stays on one.
PYTEST = ["-n", "2", "--dist", "loadgroup"]


def checks(pytest_arguments: list[str]) -> list[Check]:
    """All checks, the quick ones first; pytest is the last."""
    return [
        Check("ruff format", ["-m", "ruff", "format", "--check", "."]),
        Check("ruff check", ["-m", "ruff", "check", "."]),
        Check("lint-imports", ["-c", LINT_IMPORTS]),
        Check("mypy", ["-m", "mypy", "."]),
        Check("makemigrations --check", ["manage.py", "makemigrations", "--check", "--dry-run"], is_owner=True),
        Check("pytest", ["-m", "pytest", *PYTEST, *pytest_arguments]),
    ]


def run_check(check: Check, environment: dict[str, str]) -> Outcome:
    """Run one check and print its line."""
    began = time.monotonic()
    say(f"  {check.title:<30}", end="")
    done = subprocess.run(
        [sys.executable, *check.arguments],
        cwd=PROJECT,
        env=as_owner(environment) if check.is_owner else environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=die_with(os.getpid()),
    )
    passed = done.returncode == 0
    say(f"{'goed' if passed else 'FOUT':<12}{seconds(time.monotonic() - began):>10}")
    if not passed:
        say(f"\n{done.stdout.strip()}\n")
    return Outcome(passed, done.stdout)


def run_checks(pytest_arguments: list[str], environment: dict[str, str]) -> bool:
    """Run them all, whatever fails, and end with pytest's count; answers whether all passed."""
    outcomes = {check.title: run_check(check, environment) for check in checks(pytest_arguments)}
    failed = [title for title, outcome in outcomes.items() if not outcome.passed]
    say(f"\nFOUT: {', '.join(failed)}" if failed else "\nAlles goed")
    say(outcomes["pytest"].last_line)
    return not failed
