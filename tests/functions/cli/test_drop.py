from pathlib import Path

import pytest

from functions.api.answers import UploadStatus
from functions.document import DocumentError
from infra.bucket import Bucket
from infra.settings import STACK_ENV_FILE
from tests.functions.api.shelf import VIDEO_ID, Shelf, document
from tests.functions.cli.conftest import Reelwear

KEY = "videos/walk.mp4"
BYTES = b"not decoded by anyone here" * 1000


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "walk.mp4"
    path.write_bytes(BYTES)
    return path


def on_its_way(state: str = "ready", error: DocumentError | None = None) -> list[UploadStatus | None]:
    """An upload that is noticed late, split, tagged at the second attempt, and ends in a state."""

    def step(state: str, **stages: tuple[str, int, float | None]) -> UploadStatus:
        told = [{"name": n, "state": s, "attempt": a, "seconds": t} for n, (s, a, t) in stages.items()]
        fields = {"key": KEY, "etag": "", "state": state, "stages": told}
        return UploadStatus.model_validate(fields)

    split: tuple[str, int, float | None] = ("done", 1, 1.25)
    end = step(state, split=split, tag=("done", 2, 2.5), vibe=("done", 1, 0.1), publish=("done", 1, 0.1))
    return [
        None,
        step("waiting"),
        step("processing", split=("running", 1, 0.5), tag=("waiting", 0, None)),
        step("processing", split=split, tag=("running", 2, 1.0)),
        end.model_copy(update={"video_id": None if error else VIDEO_ID, "error": error}),
    ]


def test_a_dropped_video_is_in_the_bucket_and_its_result_on_the_screen(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path
) -> None:
    shelf.put(document())
    shelf.uploads[KEY] = on_its_way()
    answer = reelwear("drop", video, "--caption", "Größe & 花 #ootd")
    assert answer.code == 0
    assert bucket.get(KEY, max_bytes=10**6) == BYTES
    head = bucket.head(KEY)
    assert head
    assert (head.content_type, head.metadata["caption"]) == ("video/mp4", "Größe & 花 #ootd")
    assert "crimson" in answer.out
    assert answer.err.splitlines()[1:] == [
        "walk.mp4: split done in 1.2 s",
        "walk.mp4: tag done in 2.5 s (attempt 2)",
        "walk.mp4: vibe done in 0.1 s",
        "walk.mp4: publish done in 0.1 s",
        "walk.mp4: ready",
    ]
    assert answer.err.startswith("walk.mp4: uploaded 26.0 kB in ")


def test_drop_as_json_is_the_document_and_nothing_else(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path
) -> None:
    assert bucket
    shelf.put(document())
    shelf.uploads[KEY] = on_its_way()
    assert reelwear("drop", video, "--json").json == document().model_dump(mode="json")


def test_sidecars_are_there_before_the_video(reelwear: Reelwear, bucket: Bucket, video: Path, tmp_path: Path) -> None:
    (tmp_path / "walk.txt").write_text("a caption")
    (tmp_path / "walk.json.xz").write_bytes(b"a post")
    (tmp_path / "other.txt").write_text("of another video")
    assert reelwear("drop", video, "--no-wait", "--key", "videos/a b/ü.mp4").code == 0
    stored = {found.key: found.modified for found in bucket.list("videos/")}
    assert sorted(stored) == ["videos/a b/ü.json.xz", "videos/a b/ü.mp4", "videos/a b/ü.txt"]
    assert stored["videos/a b/ü.mp4"] == max(stored.values())


def test_without_waiting_the_key_and_etag_are_told(reelwear: Reelwear, bucket: Bucket, video: Path) -> None:
    told = reelwear("drop", video, "--no-wait", "--json").json
    head = bucket.head(KEY)
    assert head
    assert told == {"key": KEY, "etag": head.etag, "state": "waiting", "error": None}


def test_a_failed_video_ends_with_code_1_and_its_reason(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path
) -> None:
    assert bucket
    error = DocumentError(stage="split", code="not_media", message="walk.mp4 is text")
    shelf.uploads[KEY] = on_its_way("failed", error)
    answer = reelwear("drop", video)
    assert answer.code == 1
    assert "split: not_media walk.mp4 is text" in answer.out
    shelf.uploads[KEY] = on_its_way("failed", error)
    assert reelwear("drop", video, "--json").json["error"] == error.model_dump()


def test_a_video_that_is_removed_meanwhile_ends_the_wait(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path
) -> None:
    assert bucket
    shelf.uploads[KEY] = on_its_way("removed")
    answer = reelwear("drop", video, "--json")
    assert (answer.code, answer.json["error"]["code"]) == (1, "object_gone")


def test_several_files_give_one_document_of_all(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path, tmp_path: Path
) -> None:
    assert bucket
    (tmp_path / "two.MOV").write_bytes(b"2")
    shelf.put(document(), document("f" * 16, "videos/two.MOV"))
    answer = reelwear("drop", video, tmp_path / "two.MOV", "--json").json
    assert [one["video_id"] for one in answer["videos"]] == [VIDEO_ID, "f" * 16]


def test_rm_by_key_takes_the_upload_and_its_sidecars(
    reelwear: Reelwear, shelf: Shelf, bucket: Bucket, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "walk.txt").write_text("a caption")
    reelwear("drop", video, "--no-wait")
    bucket.put("videos/walking.txt", b"of another video", "text/plain")
    shelf.put(document())
    assert reelwear("rm", "walk.mp4", "--json").json == {"removed": [KEY]}
    assert [found.key for found in bucket.list("videos/")] == ["videos/walking.txt"]
    assert VIDEO_ID in shelf.documents


@pytest.mark.parametrize(
    ("name", "content", "code", "exit_code"),
    [
        pytest.param("gone.mp4", None, "not_found", 4, id="missing"),
        pytest.param("empty.mp4", b"", "empty_file", 1, id="empty"),
        pytest.param("notes.pdf", b"%PDF", "not_media", 1, id="odd suffix"),
        pytest.param("big.mp4", bytes(65), "too_large", 1, id="over the limit"),
    ],
)
def test_a_file_that_cannot_be_a_video_is_refused_before_anything_is_sent(
    reelwear: Reelwear,
    bucket: Bucket,
    video: Path,
    name: str,
    content: bytes | None,
    code: str,
    exit_code: int,
    data_dir: Path,
) -> None:
    with (data_dir / STACK_ENV_FILE).open("a") as file:
        file.write("REELWEAR_MAX_SIZE_BYTES=64\n")
    video.write_bytes(b"small enough")
    path = video.with_name(name)
    if content is not None:
        path.write_bytes(content)
    answer = reelwear("drop", video, path, "--json")
    assert (answer.code, answer.json["error"]["code"]) == (exit_code, code)
    assert name in answer.json["error"]["message"]
    assert list(bucket.list("videos/")) == []


def test_force_sends_an_odd_file_for_the_pipeline_to_judge(reelwear: Reelwear, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"")
    assert reelwear("drop", tmp_path / "notes.pdf", "--force", "--no-wait").code == 0
    assert bucket.get("videos/notes.pdf", max_bytes=10) == b""


def test_two_files_of_one_name_are_refused(reelwear: Reelwear, bucket: Bucket, video: Path, tmp_path: Path) -> None:
    assert bucket
    (tmp_path / "more").mkdir()
    twin = tmp_path / "more" / video.name
    twin.write_bytes(b"2")
    answer = reelwear("drop", video, twin, "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, "bad_request")
