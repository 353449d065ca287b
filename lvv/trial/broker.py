"""The embedded broker: Valkey on a unix socket. Like the database it outlives a killed run."""

import os
import socket
import time
from pathlib import Path

from lvv.trial.binaries import find_valkey
from lvv.trial.console import TrialError
from lvv.trial.folders import last_lines, make_own_folder, remove, socket_folder
from lvv.trial.locks import hold
from lvv.trial.processes import command_line, leave_behind

START_LIMIT = 20  # seconds
SOCKET = "valkey.sock"


def address(folder: Path) -> str:
    """The address for Celery of the broker in this folder."""
    return f"redis+socket://{socket_folder(folder / 'sock') / SOCKET}"


class Broker:
    """One Valkey with its data in `folder`; without `durable` a stop empties it."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder, self.durable = folder, durable
        self.sockets = socket_folder(folder / "sock")
        self.socket = self.sockets / SOCKET
        self.log = folder / "server.log"
        self._server: int | None = None  # the process, where we started it

    def url(self) -> str:
        return address(self.folder)

    def is_answering(self) -> bool:
        return self._say("PING").startswith("+PONG")

    def start(self) -> None:
        """Start it if it does not run, and wait until it answers."""
        make_own_folder(self.folder, os.getuid())
        with hold(self.folder / "start.lock"):
            make_own_folder(self.sockets, os.getuid())
            if self.is_answering():
                return
            self._wait_for_its_end()
            self._server = self._start_server()
            deadline = time.monotonic() + START_LIMIT
            while not self.is_answering():
                if not command_line(self._server) or time.monotonic() > deadline:
                    raise TrialError(f"De wachtrij (Valkey) start niet. Die zegt zelf:\n{last_lines(self.log)}")
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop it if it runs, and wait until it is gone."""
        self._say("SHUTDOWN")
        deadline = time.monotonic() + START_LIMIT
        while self.is_answering() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._wait_for_its_end()

    def remove(self) -> None:
        """Stop, and delete all data."""
        self.stop()
        for place in (self.sockets, self.folder):
            remove(place)

    def _wait_for_its_end(self) -> None:
        """A server that no longer answers may still be there for a moment."""
        deadline = time.monotonic() + START_LIMIT
        while self._server and command_line(self._server) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._server = None

    def _start_server(self) -> int:
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": ".",
            "--save": "",
            "--appendonly": "yes" if self.durable else "no",
            "--logfile": "server.log",
        }
        command = [str(find_valkey()), *(part for option in options.items() for part in option)]
        return leave_behind(command, folder=self.folder)

    def _say(self, command: str) -> str:
        """One command and its answer; no answer when nobody listens."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(3)
            try:
                link.connect(str(self.socket))
                link.sendall(f"{command}\r\n".encode())
                return link.recv(200).decode()
            except OSError:
                return ""
