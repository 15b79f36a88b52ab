"""The bus of this machine as the supervisor starts it."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.nats import nats_part
from infra.local.part import NotReady
from tests.parts import BusServer, bus_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    started = bus_server(tmp_path_factory.mktemp("bus")).start()
    try:
        yield started
    finally:
        started.stop()


def port_of(server: BusServer) -> int:
    return int(server.settings.nats_url.rpartition(":")[2])


def test_it_listens_on_loopback_alone(server: BusServer) -> None:
    assert server.process is not None
    connections = psutil.Process(server.process.pid).net_connections()
    listening = [connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", port_of(server))]


def test_nobody_else_can_read_the_token(server: BusServer) -> None:
    config = server.part.cwd / "nats.conf"
    assert "test-token" in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert "test-token" not in " ".join(server.part.command)


def test_the_check_wants_the_right_token(server: BusServer, tmp_path: Path) -> None:
    server.part.check()
    with pytest.raises(NotReady, match="Authorization"):
        nats_part(tmp_path, port_of(server), "wrong").check()


def test_the_check_says_when_nothing_answers(tmp_path: Path) -> None:
    stopped = bus_server(tmp_path)
    with pytest.raises(NotReady, match="nothing answers"):
        stopped.part.check()


@pytest.mark.parametrize("token", ['with "quotes"', "back\\slash", "$variable", "123"])
def test_any_token_survives_its_configuration_file(tmp_path: Path, token: str) -> None:
    server = bus_server(tmp_path)
    server.part = nats_part(tmp_path, port_of(server), token)
    server.start()
    server.stop()


def test_it_stops_within_its_time(tmp_path: Path) -> None:
    server = bus_server(tmp_path).start()
    assert server.process is not None
    server.process.terminate()
    assert server.process.wait(server.part.stop_timeout_s) in (0, 1)


def test_the_configuration_asks_for_every_message_to_be_synced(tmp_path: Path) -> None:
    part = bus_server(tmp_path).part
    config = (part.cwd / "nats.conf").read_text()
    assert "sync_interval: always" in config
    assert json.dumps(str(part.cwd / "streams")) in config
