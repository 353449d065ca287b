"""Long-running programs that stop with us, also when we are killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lvv.trial.console import TrialError
from lvv.trial.folders import PROJECT, last_lines, make_folder

PATIENCE = 8  # seconds between asking a program to stop and stopping it
LIBC = ctypes.CDLL(None)
DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG of Linux


def die_with(parent: int) -> Callable[[], None]:
    """What a child does first: on Linux ask the kernel for SIGTERM when its parent dies."""

    def ask() -> None:
        if sys.platform == "linux":
            LIBC.prctl(DEATH_SIGNAL_OPTION, signal.SIGTERM)
            if os.getppid() != parent:  # It died before we could ask.
                os._exit(1)

    return ask


@dataclass(frozen=True)
class Program:
    """One running program with its log."""

    title: str
    process: subprocess.Popen[bytes]
    log: Path
    pid_file: Path

    def has_stopped(self) -> bool:
        return self.process.poll() is not None

    def why_it_stopped(self) -> TrialError:
        """Why the run cannot go on now that this program stopped."""
        return TrialError(f"{self.title} is gestopt. Het einde van {self.log}:\n{last_lines(self.log)}")


def start_program(name: str, title: str, module: list[str], *, environment: dict[str, str], var: Path) -> Program:
    """Start a Python module as a program of its own group, so that it never sees our Ctrl-C."""
    log = make_folder(var / "log") / f"{name}.log"
    if log.exists():
        log.replace(log.with_suffix(".old.log"))
    pid_file = make_folder(var / "pid") / name
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with(os.getpid()),
        )
    pid_file.write_text(str(process.pid))
    return Program(title, process, log, pid_file)


def leave_behind(command: list[str], *, folder: Path) -> int:
    """Start a program that outlives us; answers its number. By way of the shell it is nobody's child to wait for."""
    script = '"$@" </dev/null >/dev/null 2>&1 & echo $!'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        check=True,
    )
    return int(done.stdout)


def stop_programs(programs: list[Program]) -> None:
    """Ask all to stop, in reverse order of starting, and then wait for each."""
    for program in reversed(programs):
        send(program.process.pid, signal.SIGTERM, os.kill)
    for program in reversed(programs):
        see_it_stop(program.process.pid, has_stopped=program.has_stopped)
        program.pid_file.unlink(missing_ok=True)


def stop_leftovers(var: Path) -> bool:
    """Stop what a killed run left behind; answers whether there was anything."""
    found = False
    for pid_file in sorted((var / "pid").glob("*")):
        pid = int(pid_file.read_text() or 0)
        if is_ours(pid):
            send(pid, signal.SIGTERM, os.kill)
            see_it_stop(pid, has_stopped=partial(is_gone, pid))
            found = True
        pid_file.unlink(missing_ok=True)
    return found


def is_ours(pid: int) -> bool:
    """Whether this process was started from this project: a number alone may be somebody else's by now."""
    return bool(pid) and sys.executable in command_line(pid)


def is_gone(pid: int) -> bool:
    return not is_ours(pid)


def command_line(pid: int) -> str:
    """The command line of a process; empty when it is gone.

    While a program takes the place of the shell that started it, it has none for a moment. So we look twice.
    """
    seen = _seen_command_line(pid)
    if not seen:
        time.sleep(0.05)
        seen = _seen_command_line(pid)
    return seen


def _seen_command_line(pid: int) -> str:
    record = Path("/proc", str(pid), "cmdline")
    if sys.platform == "linux":
        try:
            return record.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return asked.stdout


def see_it_stop(pid: int, *, has_stopped: Callable[[], bool]) -> None:
    """Wait until a program that was asked to stop did so, and stop it and all its children for good if need be."""
    deadline = time.monotonic() + PATIENCE
    while not has_stopped() and time.monotonic() < deadline:
        time.sleep(0.02)
    send(pid, signal.SIGKILL, os.killpg)
    while not has_stopped():
        time.sleep(0.02)


def send(pid: int, which: signal.Signals, by: Callable[[int, int], None]) -> None:
    """Send a signal to what may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of the dead.
        by(pid, which)
