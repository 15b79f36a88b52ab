"""Search on a real stack: the reel of the demo, found by words and by picture."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.demo.reel import CAPTION, make_reel, photo_shown
from tests.end_to_end.running import Stack

BY_WORDS = ("search", "--text", "orange suit", "--json")


@pytest.fixture(scope="module")
def reel(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of the demo's reel."""
    pytest.importorskip("skimage", reason="the demo's photographs come with reelwear[demo]")
    path = tmp_path_factory.mktemp("search") / "demo.mp4"
    make_reel(path)
    document: dict[str, Any] = json.loads(stack.reelwear("drop", str(path), "--caption", CAPTION, "--json").stdout)
    assert document["state"] == "ready"
    return document


def hits_of(stack: Stack, *words: str) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = json.loads(stack.reelwear(*words).stdout)["hits"]
    return hits


def shown(hit: dict[str, Any]) -> str | None:
    return photo_shown([(segment["start_s"], segment["end_s"]) for segment in hit["segments"]])


def test_an_orange_suit_is_the_astronauts(stack: Stack, reel: dict[str, Any]) -> None:
    best = hits_of(stack, *BY_WORDS)[0]
    assert (best["video_id"], best["key"]) == (reel["video_id"], "videos/demo.mp4")
    assert shown(best) == "astronaut"
    assert best["confidence"] >= 0.2
    worn = {product["item_id"]: product for product in reel["products"]}[best["item_id"]]
    assert {name: best[name] for name in ("type", "segments", "crop_url")} == {
        name: worn[name] for name in ("type", "segments", "crop_url")
    }


@pytest.mark.usefixtures("reel")
def test_what_nobody_wears_is_not_found(stack: Stack) -> None:
    found = json.loads(stack.reelwear("search", "--text", "white wedding dress with lace", "--json").stdout)
    assert [hit for hit in found["hits"] if hit["key"] == "videos/demo.mp4"] == []
    assert found["left_out"] > 0


def test_the_crop_of_a_garment_finds_the_garment(stack: Stack, reel: dict[str, Any], tmp_path: Path) -> None:
    suit = hits_of(stack, *BY_WORDS)[0]
    crop = tmp_path / "crop.jpg"
    crop.write_bytes(stack.bucket.get(suit["crop_url"], 10**7))
    best = hits_of(stack, "search", "--image", str(crop), "--type", suit["type"], "--json")[0]
    assert (best["video_id"], shown(best)) == (reel["video_id"], "astronaut")


def test_rebuilt_vectors_find_the_same(stack: Stack, reel: dict[str, Any]) -> None:
    before = hits_of(stack, *BY_WORDS)
    rebuilt = json.loads(stack.reelwear("vectors", "rebuild", "--json").stdout)
    assert sum(row["items"] for row in rebuilt["collections"]) >= len(reel["products"])
    assert rebuilt["outdated"] == 0
    assert hits_of(stack, *BY_WORDS) == before
