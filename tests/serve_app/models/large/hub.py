"""A hub of models on loopback: two real HTTP servers, the hub and the one that it sends callers to for large files."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import numpy as np
from pydantic import SecretStr

from serve_app.models.large.pull import Hub
from serve_app.models.large.table import LargeModel

COMMIT = "5f1d0c2a9b8e7d6c5b4a39281706f5e4d3c2b1a0"
LARGE_BYTES = 10_000
TOKEN = "hf_a_token_of_the_tests"
TINY = LargeModel(
    name="tiny",
    architecture="yolos",
    repository="acme/tiny",
    licence="MIT",
    parameters_m=0.01,
    activation_bytes=0,
    files=("config.json", "preprocessor_config.json"),
)


def safetensors(numbers: int = 20_000, seed: int = 0) -> bytes:
    """A file of one tensor of float32."""
    content = np.random.default_rng(seed).standard_normal(numbers).astype("<f4").tobytes()
    tensor = {"dtype": "F32", "shape": [numbers], "data_offsets": [0, len(content)]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + content


def tiny_files(seed: int = 0) -> dict[str, bytes]:
    """What the hub has of TINY."""
    return {
        "README.md": b"# Tiny",
        "config.json": json.dumps({"model_type": "yolos", "seed": seed}).encode(),
        "preprocessor_config.json": b"{}",
        "pytorch_model.bin": b"pickled",
        "model.safetensors": safetensors(seed=seed),
    }


@dataclass
class Asked:
    """One request. server: hub or cdn. path: as it came. sent_bytes: of the body."""

    server: str
    path: str
    range: str | None
    authorization: str | None
    sent_bytes: int = 0


@dataclass
class FakeHub:
    """What the servers answer, and what they were asked.

    breaks: by file, after how many bytes each of the next answers breaks off. damaged: files that are served with
    another last byte. sizes: by file, a size other than the true one. refusal: a status for every request.
    """

    files: dict[str, bytes] = field(default_factory=tiny_files)
    repository: str = TINY.repository
    revision: str = "main"
    commit: str = COMMIT
    breaks: dict[str, list[int]] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)
    refusal: HTTPStatus | None = None
    knows_ranges: bool = True
    asked: list[Asked] = field(default_factory=list)
    hub_url: str = ""
    cdn_url: str = ""

    @property
    def hub(self) -> Hub:
        return Hub(self.hub_url, SecretStr(TOKEN))

    def sent_bytes(self, name: str) -> int:
        return sum(one.sent_bytes for one in self.asked if one.path.endswith(name))

    def described(self) -> bytes:
        siblings = [self.sibling(name, content) for name, content in self.files.items()]
        return json.dumps({"id": self.repository, "sha": self.commit, "siblings": siblings}).encode()

    def sibling(self, name: str, content: bytes) -> dict[str, object]:
        size = self.sizes.get(name, len(content))
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        told: dict[str, object] = {"rfilename": name, "size": size, "blobId": blob}
        if len(content) >= LARGE_BYTES:
            told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 134}
        return told


def handler_of(fake: FakeHub, server: str) -> type[BaseHTTPRequestHandler]:
    """The requests of one of the two servers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            asked = Asked(server, path, self.headers.get("range"), self.headers.get("authorization"))
            fake.asked.append(asked)
            name = unquote(path.rpartition("/")[2])
            if fake.refusal:
                self.answer(fake.refusal)
            elif path == f"/api/models/{fake.repository}/revision/{fake.revision.replace('/', '%2F')}":
                self.answer(HTTPStatus.OK, fake.described())
            elif name not in fake.files or path not in (
                f"/{fake.repository}/resolve/{fake.commit}/{name}",
                f"/blobs/{name}",
            ):
                self.answer(HTTPStatus.NOT_FOUND)
            elif server == "hub" and len(fake.files[name]) >= LARGE_BYTES:
                self.answer(HTTPStatus.FOUND, headers={"location": f"{fake.cdn_url}/blobs/{name}"})
            else:
                self.serve(name, asked)

        def serve(self, name: str, asked: Asked) -> None:
            content = fake.files[name]
            if name in fake.damaged:
                content = content[:-1] + bytes([content[-1] ^ 1])
            start, status, headers = 0, HTTPStatus.OK, {}
            if asked.range and fake.knows_ranges:
                start, status = int(asked.range.removeprefix("bytes=").rstrip("-")), HTTPStatus.PARTIAL_CONTENT
                headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            left = fake.breaks.get(name)
            stop = left.pop(0) if left else None
            self.answer(status, content[start:], headers, stop)
            asked.sent_bytes = len(content[start:][:stop])

        def answer(
            self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None, stop: int | None = None
        ) -> None:
            self.send_response(status)
            for key, value in ({"content-length": str(len(body))} | (headers or {})).items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body[:stop])
            self.close_connection = stop is not None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """Both servers on free ports."""
    fake = FakeHub()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler_of(fake, name)) for name in ("hub", "cdn")]
    fake.hub_url, fake.cdn_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield fake
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
