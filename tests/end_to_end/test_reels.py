import json
from collections import defaultdict

import pytest

from tests.end_to_end.running import Stack
from tests.media import NO_REELS, REELS

LARGE_SHARE = 0.02
GROUPS_FILE = REELS.parent / "ccp" / "groups.json"
NOT_WORN = ("background", "skin", "hair")

pytestmark = pytest.mark.skipif(not REELS.exists(), reason=NO_REELS)


@pytest.fixture(scope="module")
def documents(stack: Stack) -> dict[str, dict[str, object]]:
    """The documents of the eight reels, dropped at once with what lies beside them."""
    uploads = {}
    for video in sorted(REELS.glob("reel_7_*.mp4")):
        for suffix in (".txt", ".json.xz"):
            stack.put(video.stem + suffix, video.with_suffix("").with_suffix(suffix).read_bytes())
        uploads[video.stem] = stack.put(video.name, video.read_bytes())
    return {name: stack.settle(*upload) for name, upload in uploads.items()}


def test_every_reel_comes_out_ready(documents: dict[str, dict[str, object]]) -> None:
    assert {name: document["state"] for name, document in documents.items()} == dict.fromkeys(documents, "ready")


def test_the_large_garments_are_found_in_their_shots(documents: dict[str, dict[str, object]]) -> None:
    truth = json.loads((REELS / "truth.json").read_text())
    group_of = {label: group for group, labels in json.loads(GROUPS_FILE.read_text()).items() for label in labels}
    wanted: dict[str, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for name, document in documents.items():
        for shot in truth[name]["shots"]:
            shares: dict[str, float] = defaultdict(float)
            for label, share in shot["labels"].items():
                shares[group_of[label]] += share
            middle_s = (shot["start_s"] + shot["end_s"]) / 2
            there = {
                product["type"]
                for product in document["products"]  # type: ignore[attr-defined]
                if any(span["start_s"] <= middle_s <= span["end_s"] for span in product["segments"])
            }
            for group, share in shares.items():
                if share > LARGE_SHARE and group not in NOT_WORN:
                    wanted[group] += 1
                    found[group] += group in there
    recall = sum(found.values()) / sum(wanted.values())
    by_group = {group: f"{found[group]}/{wanted[group]}" for group in sorted(wanted)}
    print(f"recall of garments over {LARGE_SHARE:.0%} of the photo: {recall:.3f} {by_group}")
    assert recall >= 0.75, by_group


def test_a_keyframe_stands_for_every_shot(documents: dict[str, dict[str, object]]) -> None:
    truth = json.loads((REELS / "truth.json").read_text())
    for name, document in documents.items():
        times = [keyframe["time_s"] for keyframe in document["keyframes"]]  # type: ignore[attr-defined]
        for shot in truth[name]["shots"]:
            assert any(shot["start_s"] - 0.2 <= time_s < shot["end_s"] + 0.2 for time_s in times), (name, shot)


def test_the_caption_beside_a_reel_gives_its_vibe(documents: dict[str, dict[str, object]]) -> None:
    assert documents["reel_7_00"]["vibes"][0]["name"] == "Clean Girl"  # type: ignore[index]
    assert "cleangirl" in documents["reel_7_00"]["hashtags"]  # type: ignore[operator]


def test_the_stored_result_is_the_document_of_the_api(stack: Stack, documents: dict[str, dict[str, object]]) -> None:
    for document in documents.values():
        assert json.loads(stack.bucket.get(f"results/{document['video_id']}.json", 10**7)) == document


def test_every_picture_that_a_document_names_is_there(stack: Stack, documents: dict[str, dict[str, object]]) -> None:
    for document in documents.values():
        keys = [keyframe["url"] for keyframe in document["keyframes"]]  # type: ignore[attr-defined]
        keys += [product["crop_url"] for product in document["products"]]  # type: ignore[attr-defined]
        assert [key for key in keys if stack.bucket.head(key) is None] == []
