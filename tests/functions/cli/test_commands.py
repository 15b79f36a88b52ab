import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Header, Response

from functions.cli.exits import run
from functions.document import document_schema
from infra.local.cli import build_app
from tests.functions.api.shelf import VIDEO_ID, Shelf, dead_letter, document, jpeg, masks, served
from tests.functions.cli.conftest import Reelwear

OTHER_ID = "0123ffffffffffff"

pytestmark = pytest.mark.usefixtures("host")


@pytest.fixture(autouse=True)
def _two_videos(shelf: Shelf) -> None:
    shelf.put(document(), document(OTHER_ID, "videos/nested/two words.mp4", caption="", vibes=(), products=()))


def test_show_prints_garments_with_colour_times_and_vibes(reelwear: Reelwear) -> None:
    answer = reelwear("show", VIDEO_ID)
    assert answer.code == 0
    for words in ("ready", "crimson", "#b01030", "0.0–2.5, 2.5–4.0 s", "0.90", "Clean Girl", "clean bun", "hat"):
        assert words in answer.out
    assert "striped" in answer.out


def test_show_says_when_nothing_is_worn(reelwear: Reelwear) -> None:
    assert "No garments found in 2 keyframes." in reelwear("show", OTHER_ID).out


def test_show_as_json_is_the_document_and_nothing_else(reelwear: Reelwear) -> None:
    assert reelwear("show", VIDEO_ID, "--json").json == document().model_dump(mode="json")


@pytest.mark.parametrize(
    ("reference", "video_id"),
    [
        pytest.param(VIDEO_ID, VIDEO_ID, id="whole id"),
        pytest.param("01234", VIDEO_ID, id="unique start of an id"),
        pytest.param("videos/walk.mp4", VIDEO_ID, id="key"),
        pytest.param("nested/two words.mp4", OTHER_ID, id="key without its folder"),
    ],
)
def test_a_video_is_found_by(reelwear: Reelwear, reference: str, video_id: str) -> None:
    assert reelwear("show", reference, "--json").json["video_id"] == video_id


def test_a_file_is_found_by_its_bytes_whatever_its_name(reelwear: Reelwear, shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "renamed.mp4"
    path.write_bytes(b"hello")
    shelf.put(document("2cf24dba5fb0a30e", "videos/first-name.mp4"))
    assert reelwear("show", path, "--json").json["source"]["key"] == "videos/first-name.mp4"


def test_a_start_that_two_ids_share_is_refused_as_usage(reelwear: Reelwear) -> None:
    answer = reelwear("show", "0123", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, "bad_request")
    assert "2 videos start with 0123" in answer.json["error"]["message"]


@pytest.mark.parametrize("command", ["show", "rm"])
def test_what_is_not_there_ends_with_code_4(reelwear: Reelwear, command: str) -> None:
    answer = reelwear(command, "nowhere.mp4", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (4, "not_found")
    spoken = reelwear(command, "nowhere.mp4")
    assert (spoken.code, spoken.out) == (4, "")
    assert "nowhere.mp4" in spoken.err


def test_list_has_a_line_for_each_video(reelwear: Reelwear) -> None:
    answer = reelwear("list")
    assert all(words in answer.out for words in (VIDEO_ID, OTHER_ID, "videos/walk.mp4", "4.0 s"))
    assert reelwear("list", "--limit", 1, "--json").json["total"] == 2
    assert "1 of 2" in reelwear("list", "--limit", 1).out


def test_rm_by_id_asks_the_host(reelwear: Reelwear, shelf: Shelf) -> None:
    assert reelwear("rm", VIDEO_ID, "--json").json == {"removed": [VIDEO_ID]}
    assert list(shelf.documents) == [OTHER_ID]


def test_dead_letters_are_listed_replayed_and_dropped(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.letters = {number: dead_letter(number) for number in ("1", "2", "3")}
    assert "model_server_down" in reelwear("dlq", "list").out
    assert reelwear("dlq", "replay", "2", "--json").json == {"replayed": ["2"]}
    assert "dropped 2 dead letters" in reelwear("dlq", "drop", "--all").out
    assert (shelf.replayed, shelf.letters) == (["2"], {})
    assert "No dead letters." in reelwear("dlq", "list").out


@pytest.mark.parametrize("words", [[], ["1", "--all"]])
def test_dead_letters_are_named_or_all_but_not_both(reelwear: Reelwear, words: list[str]) -> None:
    assert reelwear("dlq", "drop", *words).code == 2


def test_captions_cannot_move_the_cursor(reelwear: Reelwear, shelf: Shelf) -> None:
    shelf.put(document(caption="calm\x1b[2J\x1b]0;title\x07 words [bold]not markup[/]"))
    out = reelwear("show", VIDEO_ID).out
    assert "\x1b[2J" not in out
    assert "\x07" not in out
    assert "[bold]not markup[/]" in out


def test_show_writes_the_report_with_the_pictures_of_the_store(
    reelwear: Reelwear, shelf: Shelf, tmp_path: Path
) -> None:
    page = tmp_path / "walk.html"
    tokens = set[str | None]()
    store = FastAPI()

    @store.get(f"/keyframes/{VIDEO_ID}/0.jpg")
    def picture(authorization: Annotated[str | None, Header()] = None) -> Response:
        tokens.add(authorization)
        return Response(jpeg(), media_type="image/jpeg")

    shelf.mask_sets[VIDEO_ID] = masks()
    with served(store) as port:
        shelf.picture_base = f"http://127.0.0.1:{port}"
        answer = reelwear("show", VIDEO_ID, "--report", page)
    text = page.read_text(encoding="utf-8")
    assert str(page) in answer.out
    assert tokens == {None}, "the API's token is no business of the store"
    assert (text.count("<img "), text.count("picture no longer stored")) == (1, 1)


def test_a_report_that_cannot_be_written_says_so(reelwear: Reelwear, shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(document(keyframes=(), products=()))
    answer = reelwear("show", VIDEO_ID, "--report", tmp_path / "nowhere" / "walk.html", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, "bad_request")


def test_schema_is_the_schema_of_the_document(reelwear: Reelwear) -> None:
    assert reelwear("schema").json == document_schema()


def test_wrong_usage_ends_with_code_2_and_speaks_json_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(build_app(), ["show", "--jsn"]) == 2
    assert "--jsn" in capsys.readouterr().err
    assert run(build_app(), ["show", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_request"


def test_the_command_line_starts_without_what_its_commands_need() -> None:
    heavy = ["httpx", "pydantic", "rich.console", "cv2", "boto3", "fastapi", "sqlalchemy", "ray", "torch", "numpy"]
    look = f"import sys, infra.local.cli as cli; cli.build_app(); print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
