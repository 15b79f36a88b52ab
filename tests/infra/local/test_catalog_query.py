"""Products searched in an exported folder."""

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest

from catalog_jobs.catalog.exporting_faiss.writing import export_faiss
from functions.search.product_answers import ProductAnswer
from functions.services import Services, open_services
from infra.errors import ErrorCode, ReelwearError
from infra.local.catalog_query import CatalogQuery
from infra.local.ports import choose_port
from infra.settings import ModelSettings, Settings, StackSettings
from tests.functions.api.shelf import served
from tests.functions.search.colors import ColorServer, picture_of
from tests.functions.search.conftest import Wardrobe
from tests.functions.search.rack import Rack, between, part

pytest.importorskip("faiss", reason="FAISS is not installed: pip install 'reelwear[jobs]'")

ANNA = "a" * 16


@pytest.fixture(scope="module")
def server() -> ColorServer:
    return ColorServer()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, server: ColorServer) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("data")
    with served(server.app()) as port:
        models = ModelSettings(model_server_url=f"http://127.0.0.1:{port}")
        nobody = choose_port({port}, random.Random())
        opened = open_services(
            Settings(stack=StackSettings(data_dir=folder, api_port=nobody), models=models), spare_decoders=0
        )
        rack = Rack(opened)
        rack.hang("red-dress", ["red", between("red", "blue")], "red dress", stock=3, price=Decimal("49.90"))
        rack.hang("orange-dress", ["orange"], "orange dress", stock=0, price=Decimal("19.90"))
        rack.hang("purple-dress", ["purple"], "purple dress", currency="USD")
        rack.hang("blue-skirt", ["blue"], "blue skirt", types=["skirt"])
        rack.hang("told-red", words="red bag", types=["bag"])
        rack.open()
        Wardrobe(opened, server).wear(ANNA, {"001": "orange dress"})
        for kind in ("image", "text"):
            export_faiss(opened.records, folder / kind, kind)
        yield opened
        opened.close()


def ask(
    services: Services, kind: str = "image", picture: bytes | None = None, **fields: str | list[str]
) -> ProductAnswer:
    folder = services.settings.stack.data_dir / kind
    return CatalogQuery(fields, picture, folder).answer(services.settings)


def ids(found: ProductAnswer) -> list[str]:
    return [hit.product_id for hit in found.hits]


def test_an_exported_folder_is_searched_by_words_with_the_same_filters(services: Services) -> None:
    assert ids(ask(services, text="red", threshold="0"))[0] == "red-dress"
    assert ids(ask(services, text="red", type="skirt", threshold="0")) == ["blue-skirt"]
    assert ids(ask(services, text="red", color="orange", threshold="0")) == ["orange-dress"]
    assert ids(ask(services, text="red", max_price="19.99", threshold="0")) == ["orange-dress"]
    assert ids(ask(services, text="red", in_stock="true", type="dress", threshold="0")) == ["red-dress", "purple-dress"]
    assert ids(ask(services, text="red", currency="USD", threshold="0")) == ["purple-dress"]


def test_an_export_of_words_finds_what_has_no_picture(services: Services) -> None:
    found = ask(services, "text", text="red", type="bag")
    assert [(hit.product_id, hit.part, hit.picture_url) for hit in found.hits] == [("told-red", "text", None)]


def test_a_hit_of_an_export_says_the_same_as_one_of_the_stores(services: Services) -> None:
    hit = ask(services, text="red").hits[0]
    assert (hit.title, hit.price, hit.stock, hit.color) == ("red-dress title", Decimal("49.90"), 3, "red")
    assert hit.crop_file == f"red-dress/{part(0)}.jpg"
    assert hit.picture_url == "https://shop.example/red-dress/0.jpg"


def test_a_picture_is_compared_with_exported_pictures(services: Services) -> None:
    assert ids(ask(services, picture=picture_of("blue"), threshold="0"))[0] == "blue-skirt"
    with pytest.raises(ReelwearError, match="export with --kind image"):
        ask(services, "text", picture=picture_of("blue"))


def test_what_is_stored_in_the_folder_or_the_records_is_searched_by(services: Services) -> None:
    assert ids(ask(services, product="red-dress", threshold="0")) == ["purple-dress", "orange-dress"]
    assert ids(ask(services, crop=f"red-dress/{part(1)}", threshold="0"))[0] == "purple-dress"
    assert ids(ask(services, crop=f"{ANNA}/001"))[0] == "orange-dress"
    with pytest.raises(ReelwearError, match="nothing of product told-red") as refused:
        ask(services, product="told-red")
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_another_embedder_than_the_exports_is_refused_by_name(services: Services, server: ColorServer) -> None:
    server.version = "2"
    try:
        with pytest.raises(ReelwearError, match="vectors of colors@2 cannot be compared with those of colors@1"):
            ask(services, text="red")
        assert ids(ask(services, product="red-dress", threshold="0"))[0] == "purple-dress"
    finally:
        server.version = "1"
