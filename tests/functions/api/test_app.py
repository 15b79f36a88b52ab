from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from functions.api.app import MAX_HOOK_BYTES, build_app
from functions.document import ResultDocument
from infra.errors import ErrorCode, ReelwearError
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, VIDEO_ID, Shelf, dead_letter, document, masks, served


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.put(document())
    return shelf


@pytest.fixture
def client(shelf: Shelf) -> Iterator[httpx.Client]:
    app = build_app(shelf, TOKEN, HOOK_SECRET)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with served(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield client


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_every_address_but_health_and_hook_refuses_who_has_no_token(client: httpx.Client) -> None:
    del client.headers["Authorization"]
    spec = build_app(Shelf(), TOKEN, HOOK_SECRET).openapi()
    guarded = [(method, path) for path, methods in spec["paths"].items() for method in methods if path != "/healthz"]
    assert len(guarded) >= 9
    for method, path in [*guarded, ("get", "/v1/openapi.json")]:
        filled = path.replace("{video_id}", VIDEO_ID).replace("{letter_id}", "7").replace("{key}", "crops/x.jpg")
        answer = client.request(method, filled)
        assert error_of(answer) == (401, "unauthorized"), path
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["Bearer wrong", f"Basic {TOKEN}", "Bearer", TOKEN])
def test_a_wrong_token_opens_nothing(client: httpx.Client, given: str) -> None:
    assert error_of(client.get("/v1/videos", headers={"Authorization": given})) == (401, "unauthorized")


@pytest.mark.parametrize(("token", "secret"), [("", HOOK_SECRET), (TOKEN, "")])
def test_the_app_is_not_built_unguarded(token: str, secret: str) -> None:
    with pytest.raises(ReelwearError) as raised:
        build_app(Shelf(), token, secret)
    assert raised.value.code is ErrorCode.BAD_SETTING


def test_health_needs_no_token_and_says_what_is_wrong(client: httpx.Client, shelf: Shelf) -> None:
    del client.headers["Authorization"]
    assert client.get("/healthz").json() == {"ok": True, "parts": {"bus": "ok"}}
    shelf.is_well = False
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["parts"]) == (503, {"bus": "does not answer"})


def test_a_video_answers_with_its_document(client: httpx.Client) -> None:
    answer = client.get(f"/v1/videos/{VIDEO_ID}")
    assert ResultDocument.model_validate_json(answer.content) == document()


@pytest.mark.parametrize("path", ["", "/masks"])
def test_an_unknown_video_is_not_found(client: httpx.Client, path: str) -> None:
    assert error_of(client.get(f"/v1/videos/{'f' * 16}{path}")) == (404, "not_found")


@pytest.mark.parametrize("video_id", ["short", "0123456789ABCDEF", "..%2f..%2fetc", "0123456789abcdef0"])
def test_what_is_no_id_is_refused(client: httpx.Client, video_id: str) -> None:
    assert client.get(f"/v1/videos/{video_id}").status_code in (400, 404)


def test_a_list_is_paged_and_searched_by_the_start_of_an_id(client: httpx.Client, shelf: Shelf) -> None:
    shelf.put(*(document(f"{number:016x}", f"videos/{number}.mp4") for number in range(5)))
    page = client.get("/v1/videos", params={"limit": 2, "offset": 1}).json()
    assert ([one["source"]["key"] for one in page["videos"]], page["total"]) == (["videos/0.mp4", "videos/1.mp4"], 6)
    assert client.get("/v1/videos", params={"prefix": "0123"}).json()["total"] == 1


def test_a_limit_out_of_range_is_refused_with_name_and_value(client: httpx.Client) -> None:
    answer = client.get("/v1/videos", params={"limit": 501})
    assert error_of(answer) == (400, "bad_request")
    assert "limit is '501'" in answer.json()["error"]["message"]


def test_masks_are_told_by_keyframe(client: httpx.Client, shelf: Shelf) -> None:
    shelf.mask_sets[VIDEO_ID] = masks()
    answer = client.get(f"/v1/videos/{VIDEO_ID}/masks").json()
    assert [mask["item_id"] for mask in answer["keyframes"]["0"]] == ["i0"]


def test_a_removed_video_is_gone_and_cannot_be_removed_again(client: httpx.Client) -> None:
    assert client.delete(f"/v1/videos/{VIDEO_ID}").status_code == 204
    assert error_of(client.delete(f"/v1/videos/{VIDEO_ID}")) == (404, "not_found")


def test_an_upload_says_how_far_it_is(client: httpx.Client) -> None:
    answer = client.get("/v1/uploads", params={"key": "videos/walk.mp4", "etag": "e9"}).json()
    assert (answer["state"], answer["video_id"], answer["etag"]) == ("ready", VIDEO_ID, "e9")
    assert error_of(client.get("/v1/uploads", params={"key": "videos/other.mp4"})) == (404, "not_found")


def test_a_picture_sends_on_to_the_store(client: httpx.Client) -> None:
    answer = client.get(f"/v1/objects/keyframes/{VIDEO_ID}/0.jpg")
    assert (answer.status_code, answer.headers["location"]) == (307, f"http://127.0.0.1:1/keyframes/{VIDEO_ID}/0.jpg")


@pytest.mark.parametrize(
    "key",
    ["videos/walk.mp4", f"keyframes/{VIDEO_ID}/../../videos/walk.jpg", f"results/{VIDEO_ID}.json", "crops/x/0.jpg"],
)
def test_only_keyframes_and_crops_are_handed_out(client: httpx.Client, key: str) -> None:
    assert client.get(f"/v1/objects/{key.replace('/..', '/%2e%2e')}").status_code in (400, 404)


def test_dead_letters_are_listed_replayed_and_dropped(client: httpx.Client, shelf: Shelf) -> None:
    shelf.letters = {number: dead_letter(number) for number in ("1", "2")}
    listed = client.get("/v1/dead-letters").json()["dead_letters"]
    assert [(one["id"], one["topic"], one["reason"]) for one in listed] == [
        ("1", "video.split", "model_server_down"),
        ("2", "video.split", "model_server_down"),
    ]
    assert client.post("/v1/dead-letters/1/replay").status_code == 204
    assert client.delete("/v1/dead-letters/2").status_code == 204
    assert (shelf.replayed, shelf.letters) == (["1"], {})
    assert error_of(client.delete("/v1/dead-letters/2")) == (404, "not_found")


def test_the_hook_takes_its_own_secret_as_query_or_bearer(client: httpx.Client, shelf: Shelf) -> None:
    by_bearer = client.post("/hooks/objects", content=b"one", headers={"Authorization": f"Bearer {HOOK_SECRET}"})
    by_query = client.post("/hooks/objects", content=b"two", params={"secret": HOOK_SECRET})
    assert (by_bearer.status_code, by_query.status_code, shelf.events) == (204, 204, [b"one", b"two"])


def test_the_hook_refuses_the_token_of_the_api_and_a_flood(client: httpx.Client, shelf: Shelf) -> None:
    assert error_of(client.post("/hooks/objects", content=b"x")) == (401, "unauthorized")
    flood = client.post("/hooks/objects", content=b"x" * (MAX_HOOK_BYTES + 1), params={"secret": HOOK_SECRET})
    assert error_of(flood) == (413, "too_large")
    assert shelf.events == []


def test_what_is_not_there_answers_in_the_shape_of_errors(client: httpx.Client) -> None:
    assert error_of(client.get("/nowhere")) == (404, "not_found")
    assert error_of(client.put("/v1/videos")) == (405, "bad_request")


class Broken(Shelf):
    """A shelf with a fault nobody foresaw."""

    def video(self, video_id: str) -> ResultDocument | None:
        raise ZeroDivisionError(f"secret detail of {video_id}")


def test_an_unforeseen_fault_tells_its_kind_and_no_detail() -> None:
    app = build_app(Broken(), TOKEN, HOOK_SECRET)
    with served(app) as port:
        address = f"http://127.0.0.1:{port}/v1/videos/{VIDEO_ID}"
        answer = httpx.get(address, headers={"Authorization": f"Bearer {TOKEN}"})
    assert error_of(answer) == (500, "internal")
    assert "secret detail" not in answer.text


def test_every_address_is_described_in_the_api_document(client: httpx.Client) -> None:
    spec = client.get("/v1/openapi.json").json()
    described = [one for methods in spec["paths"].values() for one in methods.values()]
    assert all(one["description"] for one in described)
    routes = [route for route in build_app(Shelf(), TOKEN, HOOK_SECRET).routes if isinstance(route, APIRoute)]
    assert all(route.path.startswith(("/v1/", "/healthz", "/hooks/")) for route in routes)
