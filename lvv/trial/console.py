"""What the trial run says on the console, and how it says no."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TrialError(Exception):
    """The run cannot go on. The text is for the reader: one clear sentence, and how to repair it."""


def say(line: str = "", end: str = "\n") -> None:
    """Print at once, also into a pipe; a reader that is gone is no reason to stop badly."""
    try:
        print(line, end=end, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_terminal() -> bool:
    return sys.stdout.isatty()


def say_again(line: str) -> None:
    """Print in the place of what was printed here before. Where no terminal reads, every line stands by itself."""
    if is_terminal():
        say(f"\r\x1b[K  {line}", end="")
    else:
        say(f"  {line}")


def seconds(duration: float) -> str:
    """A duration as the Dutch write it."""
    return f"{duration:.1f} s".replace(".", ",")


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Print the title at once, and its time when the work inside went well."""
    began = time.monotonic()
    say(f"  {title:<42}", end="")
    try:
        yield
    except BaseException:
        say()
        raise
    say(f"{seconds(time.monotonic() - began):>10}")


def complain(error: TrialError) -> int:
    """Print the reason where errors go; answers the exit code."""
    sys.stdout.flush()
    print(error, file=sys.stderr, flush=True)
    return 1
