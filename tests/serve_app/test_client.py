"""The client's connections, against a server that answers only when all callers are there."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from serve_app.client import ModelClient
from serve_app.contract import ModelsAnswer

CALLERS = 64
MEETING_TIMEOUT_S = 20.0
ANSWER = ModelsAnswer(models=()).model_dump_json().encode()


class MeetingPlace(ThreadingHTTPServer):
    """Holds every request until as many as there are callers have come; counts its connections."""

    request_queue_size = 2 * CALLERS
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Meeting)
        self.barrier = threading.Barrier(CALLERS)
        self.connections = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]  # the class says no more of them


class Meeting(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    server: MeetingPlace

    def do_GET(self) -> None:
        self.server.barrier.wait(MEETING_TIMEOUT_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def place() -> Iterator[MeetingPlace]:
    with MeetingPlace() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_64_callers_ask_at_once_and_again_over_the_same_connections(place: MeetingPlace) -> None:
    with ModelClient(f"http://127.0.0.1:{place.server_port}", timeout_s=30.0) as client:
        with ThreadPoolExecutor(CALLERS) as pool:
            for _ in range(2):
                answers = list(pool.map(lambda _: client.models(), range(CALLERS)))
                assert answers == [ModelsAnswer(models=())] * CALLERS
        assert place.connections == CALLERS
