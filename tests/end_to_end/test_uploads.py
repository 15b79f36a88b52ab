"""Odd keys, repeated bytes, captions that come late, and things that leave again."""

from pathlib import Path

import pytest

from infra.errors import ReelwearError
from tests.end_to_end.running import Stack, wait_for
from tests.media import clip, picture


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("with spaces & (signs) + 100%.mp4", id="spaces and signs"),
        pytest.param("été 夏 👗.MP4", id="unicode"),
        pytest.param("a..b/..c...mp4", id="dots"),
        pytest.param("n" * 240 + "/" + "n" * 240 + "/" + "n" * 240 + "/" + "n" * 160 + ".mp4", id="900 characters"),
    ],
)
def test_any_key_that_the_store_takes_is_served(stack: Stack, tmp_path: Path, name: str) -> None:
    data = clip(tmp_path / "clip.mp4", [hash(name) % 10_000])
    document = stack.settle(*stack.put(name, data))
    assert document["state"] == "ready"
    assert document["source"]["key"] == f"videos/{name}"
    assert document["keyframes"][0]["url"] == f"keyframes/{document['video_id']}/0.jpg"


def test_a_key_that_climbs_is_refused_before_anything_is_stored(stack: Stack) -> None:
    with pytest.raises(ReelwearError) as refusal:
        stack.put("a/../../b.mp4", b"anything")
    assert not refusal.value.is_retryable


def test_two_keys_with_the_same_bytes_are_one_video(stack: Stack, tmp_path: Path) -> None:
    data = clip(tmp_path / "clip.mp4", [21, 22])
    first = stack.settle(*stack.put("twin-one.mp4", data))
    second = stack.settle(*stack.put("twin-two.mp4", data))
    assert first["video_id"] == second["video_id"]
    assert second["source"]["key"] == "videos/twin-one.mp4"
    stack.bucket.delete(["videos/twin-one.mp4"])
    assert wait_for(lambda: stack.status("videos/twin-one.mp4")["state"] in ("removed", "unseen"))
    assert stack.document(first["video_id"])["source"]["key"] == "videos/twin-two.mp4"


def test_a_picture_is_a_video_of_one_keyframe(stack: Stack) -> None:
    document = stack.settle(*stack.put("look.JPG", picture(31)))
    assert (document["state"], len(document["keyframes"])) == ("ready", 1)


def test_new_bytes_under_an_old_key_take_its_place(stack: Stack, tmp_path: Path) -> None:
    old = stack.settle(*stack.put("again.mp4", clip(tmp_path / "old.mp4", [41])))
    new = stack.settle(*stack.put("again.mp4", clip(tmp_path / "new.mp4", [42, 43])))
    assert old["video_id"] != new["video_id"]
    assert wait_for(lambda: not stack.is_known(old["video_id"]))
    assert wait_for(lambda: list(stack.bucket.list(f"keyframes/{old['video_id']}/")) == [])


def test_bytes_that_change_while_they_are_processed_leave_the_last(stack: Stack, tmp_path: Path) -> None:
    stack.put("changing.mp4", clip(tmp_path / "a.mp4", [51, 52, 53]))
    stack.put("changing.mp4", clip(tmp_path / "b.mp4", [54]))
    key, etag = stack.put("changing.mp4", clip(tmp_path / "c.mp4", [55, 56]))
    last = stack.settle(key, etag)
    assert len(last["keyframes"]) == 2

    def ids_of_key() -> set[str]:
        videos = stack.api.get("/v1/videos", params={"limit": 500}).json()["videos"]
        return {video["video_id"] for video in videos if video["source"]["key"] == key}

    assert wait_for(lambda: ids_of_key() == {last["video_id"]})


def test_a_removed_video_takes_its_results_with_it(stack: Stack, tmp_path: Path) -> None:
    key, etag = stack.put("gone.mp4", clip(tmp_path / "gone.mp4", [61, 62]))
    video_id = stack.settle(key, etag)["video_id"]
    stack.bucket.delete([key])
    assert wait_for(lambda: not stack.is_known(video_id))
    for prefix in (f"keyframes/{video_id}/", f"crops/{video_id}/", f"results/{video_id}"):
        assert wait_for(lambda prefix=prefix: list(stack.bucket.list(prefix)) == []), prefix  # type: ignore[misc]


def test_a_video_deleted_while_it_is_processed_leaves_nothing(stack: Stack, tmp_path: Path) -> None:
    before = stack.api.get("/v1/videos").json()["total"]
    key, _ = stack.put("fleeting.mp4", clip(tmp_path / "fleeting.mp4", list(range(70, 90)), shot_frames=20))
    wait_for(lambda: stack.status(key)["state"] != "unseen", 5)
    stack.bucket.delete([key])
    assert wait_for(lambda: stack.status(key)["state"] in ("removed", "unseen"))
    assert wait_for(lambda: stack.api.get("/v1/videos").json()["total"] == before)


@pytest.mark.parametrize("caption_first", [True, False], ids=["caption first", "caption later"])
def test_a_caption_beside_a_video_counts_in_any_order(stack: Stack, tmp_path: Path, caption_first: bool) -> None:
    name = f"order-{caption_first}"
    data = clip(tmp_path / "clip.mp4", [91 + caption_first])
    said = b"Garden lunch in florals and linen. #cottagecore"
    if caption_first:
        stack.put(f"{name}.txt", said)
    document = stack.settle(*stack.put(f"{name}.mp4", data))
    if not caption_first:
        assert document["vibes"] == []
        stack.put(f"{name}.txt", said)
    assert wait_for(lambda: bool(stack.document(document["video_id"])["vibes"]))
    assert stack.document(document["video_id"])["vibes"][0]["name"] == "Cottagecore"
    stack.bucket.delete([f"videos/{name}.txt"])
    assert wait_for(lambda: stack.document(document["video_id"])["vibes"] == [])


def test_a_caption_in_the_metadata_counts_most(stack: Stack, tmp_path: Path) -> None:
    stack.put("said.txt", b"all #boho")
    data = clip(tmp_path / "clip.mp4", [95])
    document = stack.settle(*stack.put("said.mp4", data, caption="Paillettes à minuit ✨ #partyglam"))
    assert document["caption"] == "Paillettes à minuit ✨ #partyglam"
    assert document["vibes"][0]["name"] == "Party Glam"
