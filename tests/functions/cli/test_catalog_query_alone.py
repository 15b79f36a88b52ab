"""`reelwear catalog query` where no stack runs: it opens the stores itself, and embeds here if it is told to."""

import random
from pathlib import Path

import numpy as np
import pytest

from functions.services import open_services
from infra.local.ports import choose_port
from infra.settings import STACK_ENV_FILE, Settings
from serve_app.models.embedded import embedder_info_of
from serve_app.models.image_text import ImageTextModel
from tests.functions.cli.conftest import Reelwear
from tests.functions.search.rack import Rack

TITLES = {
    "jeans": ("Jeans Blue Denim Hudson straight jeans in denim blue", "pants", "blue"),
    "bag": ("Handbag Red Leather Margot leather top-handle bag in red", "bag", "red"),
    "coat": ("Coat Grey Wool Verona wool coat in dark grey", "outerwear", "grey"),
    "hat": ("Beanie Green Ribbed Chalet ribbed bobble beanie in green", "hat", "green"),
}


@pytest.fixture(autouse=True)
def _free_ports(data_dir: Path) -> None:
    """A data folder whose ports nobody listens on."""
    port = choose_port(set(), random.Random())
    (data_dir / STACK_ENV_FILE).write_text(
        f"REELWEAR_API_PORT={port}\nREELWEAR_MODEL_SERVER_URL=http://127.0.0.1:{port}\n"
    )


@pytest.fixture(scope="module")
def model() -> ImageTextModel:
    return ImageTextModel(threads=2)


@pytest.fixture
def shop(data_dir: Path, model: ImageTextModel) -> None:
    """Products whose words were embedded by the embedder that ships; none has a picture."""
    info = embedder_info_of(model)
    services = open_services(Settings.load(data_dir), spare_decoders=0)
    fit = {"cutoffs": {name: one.model_dump() for name, one in info.cutoffs.items()}, "words": None}
    rack = Rack(services, f"{info.name}@{info.version}", fit, dimension=model.dimension)
    for product_id, (words, kind, color) in TITLES.items():
        rack.hang(product_id, [], words, types=[kind], color_basic=color, told=model.embed_texts([words])[0])
    rack.open()
    services.close()


@pytest.mark.usefixtures("shop")
def test_words_are_embedded_here_and_find_the_product_they_say(reelwear: Reelwear) -> None:
    found = reelwear("catalog", "query", "--text", "red leather handbag", "--here", "--json").json
    assert found["hits"][0]["product_id"] == "bag"
    assert np.isclose(found["hits"][0]["score"], found["hits"][0]["parts"]["text"])


@pytest.mark.usefixtures("shop")
def test_without_a_model_words_name_the_way_to_one(reelwear: Reelwear) -> None:
    answer = reelwear("catalog", "query", "--text", "red bag", "--json")
    assert answer.code == 1
    assert answer.json["error"]["code"] == "model_server_down"
    assert "`reelwear up`, or give --here" in answer.json["error"]["message"]


@pytest.mark.usefixtures("shop")
def test_a_product_needs_no_model(reelwear: Reelwear) -> None:
    found = reelwear("catalog", "query", "--product", "jeans", "--type", "outerwear", "--all", "--json").json
    assert [hit["product_id"] for hit in found["hits"]] == ["coat"]
    assert reelwear("catalog", "query", "--product", "none").code == 4


@pytest.mark.usefixtures("shop")
def test_a_picture_that_is_none_is_refused_by_name(reelwear: Reelwear, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"\xff\xd8 no picture")
    error = reelwear("catalog", "query", "--image", path, "--here", "--json").json["error"]
    assert error["code"] == "bad_image"


def test_an_empty_catalogue_names_the_import(reelwear: Reelwear) -> None:
    answer = reelwear("catalog", "query", "--text", "red bag")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "There are no products yet; `reelwear catalog import FILE` brings them.\n"
