from collections.abc import Iterator

import httpx
import pytest

from functions.api.app import build_app
from functions.search.answers import SearchAnswer
from functions.search.query import ItemQuery
from infra.errors import ErrorCode, ReelwearError
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, Shelf, hit, jpeg, served

SEARCH = "/v1/search/items"


class Fragile(Shelf):
    """A shelf whose searches fail as they are told to."""

    fault: ReelwearError | None = None

    def search_items(self, query: ItemQuery, picture: bytes | None) -> SearchAnswer:
        if self.fault:
            raise self.fault
        return super().search_items(query, picture)


@pytest.fixture
def shelf() -> Fragile:
    shelf = Fragile()
    shelf.hits = [hit(0.9), hit(0.12, item_id="i1")]
    return shelf


@pytest.fixture
def client(shelf: Fragile) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        served(build_app(shelf, TOKEN, HOOK_SECRET)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
    ):
        yield client


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_words_find_the_likely_garments_and_count_the_rest(client: httpx.Client, shelf: Fragile) -> None:
    answer = client.get(SEARCH, params={"text": " red top ", "type": "top", "color": "red", "limit": 5})
    assert SearchAnswer.model_validate_json(answer.content) == SearchAnswer(
        model="shelf@1", hits=(shelf.hits[0],), left_out=1
    )
    assert shelf.searches == [(ItemQuery(text="red top", type="top", color="red", limit=5), None)]


def test_all_are_shown_when_no_confidence_is_asked_for(client: httpx.Client) -> None:
    found = client.get(SEARCH, params={"text": "red top", "min_confidence": 0}).json()
    assert ([one["item_id"] for one in found["hits"]], found["left_out"]) == (["i0", "i1"], 0)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        pytest.param({}, "text is missing", id="nothing to search for"),
        pytest.param({"text": "  "}, "text is '  '", id="blank"),
        pytest.param({"text": "x" * 301}, "300 characters", id="too long"),
        pytest.param({"text": "x", "limit": 101}, "limit is '101'", id="too many"),
        pytest.param({"text": "x", "limit": 0}, "limit is '0'", id="too few"),
        pytest.param({"text": "x", "min_confidence": 1.5}, "min_confidence is '1.5'", id="more than certain"),
        pytest.param({"text": "x", "type": "gown"}, "type is 'gown': Value error, known are top, outerwear", id="type"),
        pytest.param(
            {"text": "x", "color": "teal"}, "color is 'teal': Value error, known are black, white", id="colour"
        ),
        pytest.param({"text": "x", "colour": "red"}, "colour is 'red'", id="an unknown field"),
    ],
)
def test_a_wrong_query_is_refused_by_name(client: httpx.Client, params: dict[str, str | int], words: str) -> None:
    status, code, message = error_of(client.get(SEARCH, params=params))
    assert (status, code) == (400, "bad_request")
    assert words in message


def test_a_picture_is_searched_by_alone_or_with_words(client: httpx.Client, shelf: Fragile) -> None:
    picture = jpeg()
    client.post(SEARCH, files={"image": picture}).raise_for_status()
    client.post(SEARCH, files={"image": picture}, data={"text": "in red", "limit": "3"}).raise_for_status()
    assert shelf.searches == [(ItemQuery(), picture), (ItemQuery(text="in red", limit=3), picture)]


@pytest.mark.parametrize(
    ("files", "data", "status", "words"),
    [
        pytest.param({"picture": b"x"}, {}, 400, "image is missing", id="another name"),
        pytest.param({"image": b"x"}, {"type": "gown"}, 400, "known are top", id="a wrong filter"),
        pytest.param({"image": b"x" * 100_001}, {}, 413, "REELWEAR_MAX_PICTURE_BYTES", id="a byte too much"),
        pytest.param({"image": b"x" * 300_000}, {}, 413, "REELWEAR_MAX_PICTURE_BYTES", id="far too much"),
    ],
)
def test_a_wrong_form_is_refused_by_name(
    client: httpx.Client, files: dict[str, bytes], data: dict[str, str], status: int, words: str
) -> None:
    answer = error_of(client.post(SEARCH, files=files, data=data))
    assert answer[0] == status
    assert words in answer[2]


def test_what_is_no_form_is_refused(client: httpx.Client) -> None:
    assert error_of(client.post(SEARCH, content=b"\xff\xd8"))[:2] == (400, "bad_request")
    assert error_of(client.post(SEARCH, content=iter([b"no length"])))[:2] == (400, "bad_request")


@pytest.mark.parametrize(
    ("code", "status"),
    [(ErrorCode.MODEL_SERVER_DOWN, 503), (ErrorCode.BAD_IMAGE, 422), (ErrorCode.NO_TEXT_EMBEDDER, 501)],
)
def test_what_the_model_server_cannot_do_is_told(
    client: httpx.Client, shelf: Fragile, code: ErrorCode, status: int
) -> None:
    shelf.fault = ReelwearError(code, "what it said")
    assert error_of(client.get(SEARCH, params={"text": "x"})) == (status, code.code, "what it said")


def test_the_vectors_are_rebuilt_when_asked(client: httpx.Client) -> None:
    answer = client.post("/v1/vectors/rebuild").json()
    assert answer["collections"] == [{"embedder": "shelf@1", "items": 2, "videos": 0, "products": 0}]


def test_the_form_is_described_with_all_its_fields(client: httpx.Client) -> None:
    described = client.get("/v1/openapi.json").json()["paths"][SEARCH]["post"]["requestBody"]
    form = described["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"image", *ItemQuery.model_fields}
    assert form["properties"]["type"]["enum"][0] == "top"
