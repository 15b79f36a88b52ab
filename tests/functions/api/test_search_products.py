from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from functions.api.app import build_app
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.query import ItemQuery
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, Shelf, jpeg, product_hit, served

SEARCH = "/v1/search/products"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Shelf, httpx.Client]]:
    shelf = Shelf()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        served(build_app(shelf, TOKEN, HOOK_SECRET)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
    ):
        yield shelf, client


@pytest.fixture
def shelf(running: tuple[Shelf, httpx.Client]) -> Shelf:
    running[0].products, running[0].product_searches, running[0].searches = [product_hit()], [], []
    return running[0]


@pytest.fixture
def client(running: tuple[Shelf, httpx.Client]) -> httpx.Client:
    return running[1]


def test_products_are_found_by_words_and_filters(client: httpx.Client, shelf: Shelf) -> None:
    fields = {"text": "red skirt", "type": "skirt", "max_price": "80.50", "in_stock": "true", "currency": "eur"}
    answer = client.get(SEARCH, params=[*fields.items(), ("without", "floral"), ("without", "long")])
    assert ProductAnswer.model_validate_json(answer.content).hits == (product_hit(),)
    assert answer.json()["hits"][0]["price"] == "48.90"
    assert shelf.product_searches == [
        (
            ProductQuery(
                text="red skirt",
                type="skirt",
                max_price=Decimal("80.50"),
                in_stock=True,
                currency="EUR",
                without=("floral", "long"),
            ),
            None,
        )
    ]


@pytest.mark.parametrize("name", ["product", "crop"])
def test_what_is_stored_is_searched_by_without_words(client: httpx.Client, shelf: Shelf, name: str) -> None:
    for path in (SEARCH, "/v1/search/items"):
        client.get(path, params={name: "1064/a"}).raise_for_status()
    assert shelf.product_searches == [(ProductQuery.model_validate({name: "1064/a"}), None)]
    assert shelf.searches == [(ItemQuery.model_validate({name: "1064/a"}), None)]


def test_a_picture_goes_with_repeated_unwanted_words(client: httpx.Client, shelf: Shelf) -> None:
    data = {"text": "in red", "weight": "0.3", "without": ["floral", "long"]}
    for path in (SEARCH, "/v1/search/items"):
        client.post(path, files={"image": jpeg()}, data=data).raise_for_status()
    wanted = {"text": "in red", "weight": 0.3, "without": ("floral", "long")}
    assert shelf.product_searches == [(ProductQuery.model_validate(wanted), jpeg())]
    assert shelf.searches == [(ItemQuery.model_validate(wanted), jpeg())]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        pytest.param({}, "text is missing; say what to search for, name a product or a crop", id="nothing"),
        pytest.param({"without": "red"}, "text is missing", id="only what is unwanted"),
        pytest.param({"text": "x", "type": "wardrobe"}, "type is 'wardrobe': Value error, known are top", id="type"),
        pytest.param({"text": "x", "min_price": "cheap"}, "min_price is 'cheap'", id="price"),
        pytest.param({"text": "x", "min_price": "9", "max_price": "8"}, "min_price 9 is over max_price 8", id="prices"),
        pytest.param({"text": "x", "weight": "2"}, "weight is '2'", id="weight"),
        pytest.param({"text": "x", "price": "2"}, "price is '2'", id="an unknown field"),
        pytest.param({"text": "x", "without": "  "}, "is '  '", id="blank unwanted"),
    ],
)
def test_a_wrong_query_is_refused_by_name(client: httpx.Client, params: dict[str, str], words: str) -> None:
    answer = client.get(SEARCH, params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert words in answer.json()["error"]["message"]


def test_a_form_without_a_picture_or_with_a_large_one_is_refused(client: httpx.Client) -> None:
    assert client.post(SEARCH, files={"picture": b"x"}).status_code == 400
    assert client.post(SEARCH, files={"image": b"x" * 100_001}).status_code == 413


def test_a_stranger_finds_nothing(client: httpx.Client) -> None:
    assert httpx.get(f"{client.base_url}{SEARCH}", params={"text": "x"}).status_code == 401


def test_both_ways_are_described_with_all_their_fields(client: httpx.Client) -> None:
    described = client.get("/v1/openapi.json").json()["paths"][SEARCH]
    assert {one["name"] for one in described["get"]["parameters"]} == set(ProductQuery.model_fields)
    form = described["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"image", *ProductQuery.model_fields}
