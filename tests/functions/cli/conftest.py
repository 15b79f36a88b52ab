import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from functions.api.app import build_app as build_api
from functions.cli.exits import run
from infra.bucket import Bucket
from infra.local.cli import build_app as build_command_line
from infra.local.part import NotReady
from infra.local.ports import choose_port
from infra.local.seaweedfs import WeedPorts, seaweedfs_part
from infra.settings import STACK_ENV_FILE, BucketSettings
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, Shelf, served


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; nothing may be on stderr beside it."""
        assert self.err == ""
        return json.loads(self.out)


Reelwear = Callable[..., Answer]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def host(shelf: Shelf, data_dir: Path) -> Iterator[int]:
    """A host process's API over the shelf, known to the data folder as a started stack is."""
    with served(build_api(shelf, TOKEN, HOOK_SECRET)) as port:
        (data_dir / STACK_ENV_FILE).write_text(f"REELWEAR_API_PORT={port}\nREELWEAR_API_TOKEN='{TOKEN}'\n")
        yield port


@pytest.fixture
def reelwear(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Reelwear:
    """Runs the command line on the data folder."""

    def call(*words: object) -> Answer:
        command = [str(word) for word in words]
        code = run(build_command_line(), [*command, "--data", str(data_dir)] if command[0] != "schema" else command)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketSettings]:
    """A SeaweedFS of the tests' own."""
    folder = tmp_path_factory.mktemp("objects")
    chance, taken = random.Random(), set[int]()
    for _ in fields(WeedPorts):
        taken.add(choose_port(taken, chance))
    ports = WeedPorts(*taken)
    part = seaweedfs_part(folder, ports, "reader", "secret", "http://127.0.0.1:9/")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(part.command, cwd=part.cwd, env=part.env, stdout=log, stderr=log)
    try:
        deadline_s = time.monotonic() + part.start_timeout_s
        while True:
            try:
                part.check()
                break
            except NotReady:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline_s, "SeaweedFS did not start in time"
                time.sleep(0.2)
        url = f"http://127.0.0.1:{ports.s3}"
        yield BucketSettings(s3_url=url, s3_access_key="reader", s3_secret_key=SecretStr("secret"))
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(object_store: BucketSettings, data_dir: Path, host: int) -> Bucket:
    """The bucket of the data folder's stack, empty of videos."""
    assert host
    with (data_dir / STACK_ENV_FILE).open("a") as file:
        file.write(
            f"REELWEAR_S3_URL={object_store.s3_url}\nREELWEAR_S3_ACCESS_KEY=reader\nREELWEAR_S3_SECRET_KEY=secret\n"
        )
    bucket = Bucket(object_store)
    bucket.ensure()
    bucket.delete_prefix("videos/")
    return bucket
