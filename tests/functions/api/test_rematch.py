from collections.abc import Iterator

import httpx
import pytest

from functions.api.app import build_app
from functions.catalog.rematched import RematchReport
from tests.functions.api.shelf import HOOK_SECRET, TOKEN, VIDEO_ID, Shelf, served

PATH = "/v1/catalog/rematch"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def client(shelf: Shelf) -> Iterator[httpx.Client]:
    with served(build_app(shelf, TOKEN, HOOK_SECRET)) as port:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as opened:
            yield opened


def test_a_round_answers_with_the_report_and_where_to_go_on(client: httpx.Client, shelf: Shelf) -> None:
    report = RematchReport(catalog="e@1#3", videos=25, changed=4, garments={"exact": 9}, left=70, next="abc-p1")
    shelf.rounds = [report]
    answer = client.post(PATH)
    assert RematchReport.model_validate_json(answer.content) == report
    assert shelf.rematches == [(None, False, "", 25)]


def test_a_round_may_be_of_one_video_forced_and_go_on_from_another(client: httpx.Client, shelf: Shelf) -> None:
    client.post(PATH, params={"video": VIDEO_ID, "force": "true", "after": "abc-p1", "limit": 3}).raise_for_status()
    assert shelf.rematches == [(VIDEO_ID, True, "abc-p1", 3)]


@pytest.mark.parametrize("params", [{"video": "walk.mp4"}, {"limit": 0}, {"limit": 100_000}])
def test_what_cannot_be_asked_is_refused(client: httpx.Client, shelf: Shelf, params: dict[str, str]) -> None:
    answer = client.post(PATH, params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert shelf.rematches == []
