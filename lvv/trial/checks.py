"""`./run check` and `./run test`: every check in order with its time, and the whole output of what failed."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lvv.trial.console import say, seconds
from lvv.trial.folders import PROJECT
from lvv.trial.processes import die_with

# Its command line tool is no module that Python can run by name.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as check; check()"
MIGRATIONS = ["manage.py", "makemigrations", "--check", "--dry-run", "--settings", "tests.settings"]
# Two cores, two workers. Who is done early takes over from the other.
PYTEST = ["-m", "pytest", "-n", "2", "--dist", "worksteal", "--durations", "10"]

# It is a program, not a module.
DJANGOFMT = "import os, sys; os.execv(os.path.join(os.path.dirname(sys.executable), sys.argv[1]), sys.argv[1:])"


@dataclass(frozen=True)
class Check:
    """One check: its title, and Python's arguments."""

    title: str
    arguments: list[str]


@dataclass(frozen=True)
class Outcome:
    """How one check ended."""

    title: str
    is_good: bool
    duration: float


# The quick ones first.
CHECKS = (
    Check("ruff format", ["-m", "ruff", "format", "--check", "."]),
    Check("ruff check", ["-m", "ruff", "check", "."]),
    Check("djangofmt", ["-c", DJANGOFMT, "djangofmt", "--check", "templates"]),
    Check("djangofmt check", ["-c", DJANGOFMT, "djangofmt", "check", "templates"]),
    Check("lint-imports", ["-c", LINT_IMPORTS]),
    Check("makemigrations --check", MIGRATIONS),
    Check("mypy", ["-m", "mypy", "."]),
)
# Before the workers begin, or one would wait for the other.
MAKE_ALL = "from tests.databases import make_all; make_all()"
DATABASES = Check(
    "databases van de tests", ["manage.py", "shell", "--settings", "tests.settings", "--no-imports", "-c", MAKE_ALL]
)


def run_checks() -> list[Outcome]:
    """Run all, whatever fails."""
    return [run_check(check) for check in CHECKS]


def run_check(check: Check) -> Outcome:
    """Run one check and print its line; what it says only matters when it fails."""
    say(f"  {check.title:<30}", end="")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=die_with(os.getpid()),
    )
    outcome = Outcome(check.title, done.returncode == 0, time.monotonic() - began)
    say(line(outcome))
    if not outcome.is_good:
        say(f"\n{done.stdout.strip()}\n")
    return outcome


def run_tests() -> list[Outcome]:
    """Run the push set on the user's own console."""
    databases = run_check(DATABASES)
    say("  pytest\n")
    began = time.monotonic()
    done = subprocess.run([sys.executable, *PYTEST], cwd=PROJECT, preexec_fn=die_with(os.getpid()))
    return [databases, Outcome("pytest", done.returncode == 0, time.monotonic() - began)]


def line(outcome: Outcome) -> str:
    return f"{'goed' if outcome.is_good else 'FOUT':<12}{seconds(outcome.duration):>10}"


def report(outcomes: Sequence[Outcome]) -> int:
    """Say where the time went and what failed; answers the exit code."""
    say()
    for outcome in outcomes:
        say(f"  {outcome.title:<30}{line(outcome)}")
    say(f"  {'samen':<42}{seconds(sum(outcome.duration for outcome in outcomes)):>10}")
    failed = [outcome.title for outcome in outcomes if not outcome.is_good]
    say(f"\nFOUT: {', '.join(failed)}" if failed else "\nAlles goed")
    return 1 if failed else 0
