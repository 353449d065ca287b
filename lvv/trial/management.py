"""Runs the commands of manage.py."""

import os
import subprocess
import sys

from lvv.trial.console import TrialError
from lvv.trial.folders import PROJECT
from lvv.trial.processes import die_with

LINES_OF_FAILURE = 12


def start_command(*arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a command and catch what it prints."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with(os.getpid()),
    )


def answer_of(command: subprocess.Popen[str], *, failure: str) -> str:
    """What the command printed; an error with the end of it when it failed."""
    output, _ = command.communicate()
    if command.returncode != 0:
        raise TrialError("\n".join([failure, *output.strip().splitlines()[-LINES_OF_FAILURE:]]))
    return output.strip()


def run_command(arguments: list[str], environment: dict[str, str]) -> int:
    """Run a command on the user's own console; answers its exit code."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, preexec_fn=die_with(os.getpid())).returncode
