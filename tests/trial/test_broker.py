"""The embedded Valkey, started for real."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from lvv.trial.broker import Broker


@pytest.fixture
def broker(folder: Path) -> Iterator[Broker]:
    made = Broker(folder / "broker")
    made.start()
    yield made
    made.remove()


def client(broker: Broker) -> Redis:
    return Redis(unix_socket_path=str(broker.socket), decode_responses=True)


def test_a_broker_that_runs_is_adopted(broker: Broker) -> None:
    second = Broker(broker.folder)
    with client(broker) as link:
        before = link.info("server")["process_id"]

    second.start()

    with client(second) as link:
        assert link.info("server")["process_id"] == before


def test_a_killed_broker_starts_again_with_its_messages(broker: Broker) -> None:
    with client(broker) as link:
        link.rpush("queue", "message")
        os.kill(link.info("server")["process_id"], signal.SIGKILL)

    broker.start()

    with client(broker) as link:
        assert link.lrange("queue", 0, -1) == ["message"]


def test_it_listens_on_the_socket_only(broker: Broker) -> None:
    with client(broker) as link:
        assert link.config_get("port") == {"port": "0"}
    assert broker.sockets.stat().st_mode & 0o777 == 0o700
