"""The two ways to ask the models: a real model server, and the parser in this process."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from catalog_jobs.catalog.cropping.job import crop_catalog
from catalog_jobs.catalog.cropping.looking import ParserLooks, ServerLooks, opened_looks, runs_embedded_here
from catalog_jobs.catalog.cropping.options import MIN_SCORE, CropOptions, Where
from infra.errors import ErrorCode, ReelwearError
from infra.settings import ModelSettings
from serve_app.client import ModelClient
from serve_app.loopback import free_port
from tests.catalog_jobs.catalog.cropping.stock import QUICK, article, photos, stocked
from tests.serve_app.conftest import TOKEN, Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A model server that takes three pictures at once."""
    folder = Path(tempfile.mkdtemp(prefix="rw-"))
    try:
        with running(folder / "ray", MAX_REQUEST_PARTS="3") as started:
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings_of(url: str, **others: str) -> ModelSettings:
    return ModelSettings(model_server_url=url, model_server_token=SecretStr(TOKEN), **others)  # type: ignore[arg-type]


@pytest.fixture
def nowhere() -> str:
    """An address at which nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


def test_the_server_and_this_process_write_the_same_files(server: Server, tmp_path: Path, looks: ParserLooks) -> None:
    products = {"7": ("dress", photos(article("wrap_dress"))), "8": ("shoes", photos(article("pumps")))}
    with stocked(tmp_path, products) as stock:
        stock.crop(looks)
        here = stock.files()
        options = CropOptions(batch=4, at_once=1, is_forced=True)
        with opened_looks(settings_of(server.url), Where.AUTO, MIN_SCORE) as (asked, ran):
            assert ran is Where.SERVER and isinstance(asked, ServerLooks)
            report = crop_catalog(stock.records, stock.folder, asked, ran, options)
        assert (report.ran, report.done, report.model) == ("server", 4, looks.model)
        assert stock.files() == here


def test_a_server_that_stops_answering_ends_the_run_and_what_is_cut_stays(
    server: Server, nowhere: str, tmp_path: Path, looks: ParserLooks
) -> None:
    waits: list[float] = []
    with (
        ModelClient(server.url, TOKEN) as client,
        stocked(tmp_path, {"7": ("dress", photos(article("coat")))}) as stock,
    ):
        stock.crop(looks, product_id="7")
        files = stock.files()
        asked = ServerLooks(client, MIN_SCORE, waits.append)
        client.http.base_url = nowhere
        report = crop_catalog(
            stock.records, stock.folder, asked, Where.SERVER, CropOptions(batch=1, at_once=1, is_forced=True)
        )
        assert report.stopped is not None and report.stopped.code == "model_server_down"
        assert "`reelwear up`" in report.stopped.message and "--here" in report.stopped.message
        assert waits == [0.5, 1.0, 2.0]
        assert stock.files() == files
        assert stock.crop(looks, QUICK).kept == 2


def test_where_no_server_answers_the_parser_runs_here(nowhere: str) -> None:
    with opened_looks(settings_of(nowhere), Where.AUTO, MIN_SCORE) as (asked, ran):
        assert ran is Where.HERE and isinstance(asked, ParserLooks)


@pytest.mark.parametrize("where, detector", [(Where.SERVER, "embedded"), (Where.AUTO, "yolos-fashionpedia")])
def test_other_models_are_not_replaced_by_those_of_the_package(where: Where, detector: str, nowhere: str) -> None:
    settings = settings_of(nowhere, detector=detector)
    with pytest.raises(ReelwearError, match="reelwear up") as raised, opened_looks(settings, where, MIN_SCORE):
        pass
    assert raised.value.code is ErrorCode.MODEL_SERVER_DOWN


def test_a_server_of_another_machine_is_not_replaced() -> None:
    assert runs_embedded_here(ModelSettings())
    assert not runs_embedded_here(ModelSettings(model_server_url="http://models.example:8400"))


def test_a_wrong_token_is_told_and_nothing_runs_here(server: Server) -> None:
    settings = ModelSettings(model_server_url=server.url, model_server_token=SecretStr("wrong"))
    with pytest.raises(ReelwearError, match="token") as raised, opened_looks(settings, Where.AUTO, MIN_SCORE):
        pass
    assert raised.value.code is ErrorCode.MODEL_REFUSED
