"""One trial run in one folder at a time, found by its lock, and one program on a port."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lvv.trial.console import TrialError
from lvv.trial.folders import VAR
from lvv.trial.locks import hold, holder_note, write_note

HOST = "127.0.0.1"
LOCK = VAR / "run.lock"
STOP_LIMIT = 60  # seconds


def address_of(port: int) -> str:
    return f"http://{HOST}:{port}/"


@contextmanager
def only_run(port: int) -> Iterator[None]:
    """Be the only run of this folder, and leave the address for who comes second."""
    with ExitStack() as held:
        try:
            lock = held.enter_context(hold(LOCK, wait=False))
        except BlockingIOError:
            raise TrialError(f"LVV draait hier al, op {running_address()}. Stoppen kan met ./run stop.") from None
        write_note(lock, json.dumps({"pid": os.getpid(), "address": address_of(port)}))
        yield


def running_address() -> str:
    note = holder_note(LOCK)
    return str(json.loads(note)["address"]) if note else "een onbekend adres"


def stop_running() -> bool:
    """Ask the present run to stop, and wait until it did; answers whether there was one."""
    note = holder_note(LOCK)
    if not note:
        return False
    os.kill(json.loads(note)["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT
    while holder_note(LOCK):
        if time.monotonic() > deadline:
            raise TrialError(f"LVV stopt niet binnen {STOP_LIMIT} seconden: proces {json.loads(note)['pid']}.")
        time.sleep(0.05)
    return True


def refuse_taken_port(port: int) -> None:
    """Say at once that the port cannot be had, and by which option to choose another."""
    with socket.socket() as probe:
        # Without this a port counts as taken for a minute after its last visitor left.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise TrialError(f"Poort {port} mag u niet gebruiken. Kies een andere: ./run --port 8000") from None
        except OSError:
            raise TrialError(f"Poort {port} is al in gebruik. Kies een andere: ./run --port {port + 1}") from None
