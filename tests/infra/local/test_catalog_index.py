"""`reelwear catalog index`, as it is typed: from cut-outs to what is matched against."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.api.app import build_app as build_api
from functions.cli.exits import ExitCode, run
from functions.services import open_services
from infra.local.catalog_index import server_client
from infra.local.cli import build_app
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductVectorRow
from infra.settings import STACK_ENV_FILE, Settings
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.rows import WEIGHTS_DIR
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop, noted
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, Shelf, served

NOBODY = "http://127.0.0.1:9"


class Typed:
    """The command on the data folder of a shop."""

    def __init__(self, shop: CutShop, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self.capsys = shop, capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run(build_app(), ["catalog", *words, "--data", str(self.shop.data)])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def document(self, *words: str) -> Any:
        code, out, err = self(*words, "--json")
        assert (code, err) == (ExitCode.OK, "")
        return json.loads(out)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CutShop:
    """Two products with pictures that were cut, and one without; no host and no model server answer."""
    for name in ("REELWEAR_RECORDS_URL", "REELWEAR_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    shop = CutShop(tmp_path)
    shop.sell("1", "a", "a~again", "b", title="Red Dress")
    shop.sell("2", "c", title="Blue Dress")
    shop.sell("3", title="Green Dress")
    records = shop.open()
    shop.bring(records)
    shop.cut(records)
    records.close()
    (shop.data / STACK_ENV_FILE).write_text(f"REELWEAR_MODEL_SERVER_URL={NOBODY}\nREELWEAR_API_PORT=9\n")
    return shop


@pytest.fixture
def records(shop: CutShop) -> Iterator[Records]:
    opened = shop.open()
    yield opened
    opened.close()


@pytest.fixture
def typed(shop: CutShop, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(shop, capsys)


def test_the_first_index_is_made_here_stored_and_live(typed: Typed, records: Records) -> None:
    document = typed.document("index")
    job, sync = document["index"], document["sync"]
    assert (job["via"], job["embedded"], job["failed"]) == ("here", {"images": 4, "texts": 3}, 0)
    assert job["counts"] == {"products": 3, "images": 3, "texts": 3, "duplicates": 1, "without_vectors": 0}
    assert (sync["stored"], sync["embedder"], sync["is_switched"]) == (6, job["embedder"], True)
    assert document["sync_error"] is None
    services = open_services(Settings.load(typed.shop.data), spare_decoders=0)
    try:
        assert services.vectors.count("products") == 6
    finally:
        services.close()
    assert noted(records) == ({"stored"}, {"stored"})
    again = typed.document("index")
    assert (again["index"]["embedded"], again["sync"]["stored"]) == ({"images": 0, "texts": 0}, 0)
    assert again["sync"]["revision"] == sync["revision"]


def test_an_index_is_told_to_people(typed: Typed) -> None:
    code, out, err = typed("index", "--embedder", "here")
    assert code == ExitCode.OK
    for words in ("3 products", "embedded 4 cut-outs and 3 texts", "in this process", "1 duplicates left out"):
        assert words in out
    assert "6 stored" in out and "is matched against from now on" in out
    assert "embedding in this process" in err
    stats = typed("stats")[1]
    assert "live" in stats and "3 cut-outs, 3 texts" in stats
    assert "0 texts, 0 pictures" in stats


def test_another_embedder_fills_an_index_of_its_own_and_takes_over(
    typed: Typed, records: Records, tmp_path: Path
) -> None:
    first = typed.document("index")["index"]["embedder"]
    # The same weights under another version, as a training would bring them.
    other = newer_weights(tmp_path / "newer")
    typed.shop.sell("4", title="New Dress")
    typed.shop.bring(records)
    document = typed.document("index", "--embedder", str(other))
    assert document["index"]["embedded"] == {"images": 4, "texts": 4}
    assert document["sync"]["embedder"] == document["index"]["embedder"] != first
    with records.transaction() as session:
        states = {row.embedder: row.state for row in session.query(CatalogIndex)}
        assert states == {first: "old", document["index"]["embedder"]: "live"}
        assert session.query(ProductVectorRow).filter_by(embedder=first).count() == 7
    assert noted(records) == ({"stored"}, {"stored"})
    assert typed.document("index", "--embedder", str(other), "--drop-old")["sync"]["dropped"] == [first]
    with records.transaction() as session:
        assert session.query(ProductVectorRow).filter_by(embedder=first).count() == 0


def newer_weights(folder: Path) -> Path:
    """A copy of the package's embedder that calls itself another version."""
    onnx = pytest.importorskip("onnx", reason="it rewrites the version: pip install 'reelwear[models]'")
    folder.mkdir()
    for name in IMAGE_TEXT.files:
        (folder / name).write_bytes((WEIGHTS_DIR / name).read_bytes())
    for name in IMAGE_TEXT.files[:2]:
        model = onnx.load(folder / name)
        for entry in model.metadata_props:
            if entry.key == "version":
                entry.value = "newer"
        onnx.save(model, folder / name)
    fitted = json.loads((folder / IMAGE_TEXT.files[3]).read_text())
    (folder / IMAGE_TEXT.files[3]).write_text(json.dumps(fitted | {"model_version": "newer"}))
    return folder


def test_the_host_does_the_storing_while_it_runs(typed: Typed) -> None:
    with served(build_api(Shelf(), TOKEN, HOOK_SECRET)) as port:
        (typed.shop.data / STACK_ENV_FILE).write_text(
            f"REELWEAR_API_PORT={port}\nREELWEAR_API_TOKEN='{TOKEN}'\nREELWEAR_MODEL_SERVER_URL={NOBODY}\n"
        )
        document = typed.document("index", "--drop-old")
    assert document["sync"]["dropped"] == ["shelf@0"]
    assert not (typed.shop.data / "vectors").exists(), "the folder of the vectors is the host's"


def test_a_server_that_is_asked_for_and_away_is_an_error(typed: Typed) -> None:
    code, out, _ = typed("index", "--embedder", "server", "--json")
    assert code == ExitCode.FAILED
    error = json.loads(out)["error"]
    assert error["code"] == "model_server_down" and "--embedder here" in error["message"]


def test_a_second_index_at_the_same_time_is_refused(typed: Typed) -> None:
    from catalog_jobs.catalog.indexing.job import only_indexer

    with only_indexer(typed.shop.data / "catalog"):
        code, out, _ = typed("index", "--json")
    assert code == ExitCode.FAILED
    assert json.loads(out)["error"]["code"] == "already_running"


def test_the_model_server_s_client_has_the_settings(shop: CutShop) -> None:
    with server_client(Settings.load(shop.data)) as client:
        assert client.url == NOBODY
