import json
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.vibes.caption import (
    MAX_PACKED_BYTES,
    MAX_POST_BYTES,
    MAX_TEXT_BYTES,
    NO_CAPTION,
    Caption,
    choose,
    read_metadata,
    read_post,
    read_sidecar,
    read_text,
)
from infra.errors import ErrorCode, ReelwearError

REELS = Path(__file__).parents[4] / "shared" / "data" / "reels"


def packed(document: object) -> bytes:
    return lzma.compress(json.dumps(document).encode())


def post(text: str) -> dict[str, object]:
    return {"edge_media_to_caption": {"edges": [{"node": {"text": text}}]}}


@pytest.mark.parametrize(
    "text, hashtags",
    [
        pytest.param("no tags at all", (), id="none"),
        pytest.param("#Boho and #boho and #BOHO", ("Boho",), id="once whatever the case"),
        pytest.param("#one#two", ("one", "two"), id="one after the other"),
        pytest.param("sale -50% #1 #2024look", ("2024look",), id="a number is no tag"),
        pytest.param("#été #日本 #стиль #हिन्दी", ("été", "日本", "стиль", "हिन्दी"), id="any script"),
        pytest.param("(#coquette), #lace.", ("coquette", "lace"), id="between marks"),
        pytest.param("＃ootd", ("ootd",), id="full width sign"),
        pytest.param("https://a.b/c#top it&#39;s A#B", (), id="links, escapes and words"),
        pytest.param("# boho ##chic", ("chic",), id="a sign alone"),
        pytest.param("#boho_chic", ("boho_chic",), id="underscore"),
    ],
)
def test_hashtags_are_found_as_people_write_them(text: str, hashtags: tuple[str, ...]) -> None:
    assert read_text(text).hashtags == hashtags


@given(st.text())
def test_any_text_is_a_caption_that_can_be_stored(text: str) -> None:
    caption = read_text(text)
    caption.text.encode("utf-8")
    assert "\x00" not in caption.text
    assert read_text(caption.text) == caption


def test_lone_surrogates_and_control_characters_are_left_out() -> None:
    assert read_text("a\ud800b\x00c\x07\nd").text == "a?bc\nd"


@pytest.mark.parametrize(
    "metadata, caption",
    [
        pytest.param({}, None, id="none"),
        pytest.param({"color": "red"}, None, id="other keys"),
        pytest.param({"Caption": "Hi #boho"}, Caption("Hi #boho", ("boho",)), id="caption in any case"),
        pytest.param(
            {"hashtags": "boho, #y2k #Boho;glam"}, Caption("", ("boho", "y2k", "glam")), id="hashtags in any form"
        ),
        pytest.param({"caption": "Hi #a", "hashtags": "b"}, Caption("Hi #a", ("a", "b")), id="both"),
    ],
)
def test_object_metadata_gives_caption_and_hashtags(metadata: dict[str, str], caption: Caption | None) -> None:
    assert read_metadata(metadata) == caption


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_is_read_in_the_encodings_that_editors_write(encoding: str) -> None:
    assert read_sidecar("Été #boho\n".encode(encoding)) == Caption("Été #boho", ("boho",))


@pytest.mark.parametrize(
    "data, message",
    [
        pytest.param(b"caf\xe9", "not utf-8-sig at byte 3.*save it as UTF-8", id="latin-1"),
        pytest.param(b"a" * (MAX_TEXT_BYTES + 1), f"{MAX_TEXT_BYTES + 1} bytes, over the limit", id="too long"),
    ],
)
def test_a_bad_text_file_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ReelwearError, match=message) as caught:
        read_sidecar(data)
    assert caught.value.code is ErrorCode.BAD_CAPTION


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"node": post("Hi #boho"), "instaloader": {"version": "4.14"}}, id="instaloader"),
        pytest.param({"graphql": {"shortcode_media": post("Hi #boho")}}, id="a page's graphql"),
        pytest.param({"data": {"xdt_shortcode_media": post("Hi #boho")}}, id="a web answer"),
        pytest.param({"node": {"shortcode": "x", "iphone_struct": {"caption": {"text": "Hi #boho"}}}}, id="phone"),
        pytest.param({"node": {"caption": "Hi #boho", "edge_media_to_caption": {"edges": []}}}, id="plain caption"),
        pytest.param({"items": [{"caption": {"text": "Hi #boho"}}]}, id="a list of items"),
        pytest.param(post("Hi #boho"), id="a bare node"),
    ],
)
def test_the_layouts_of_a_download_give_one_caption(document: object) -> None:
    assert read_post(packed(document)) == Caption("Hi #boho", ("boho",))


@pytest.mark.parametrize(
    "node",
    [
        pytest.param({"edge_media_to_caption": {"edges": []}}, id="no edge"),
        pytest.param({"caption": None}, id="null"),
        pytest.param({"shortcode": "x", "edge_media_to_caption": "odd"}, id="odd shape"),
        pytest.param({"edge_media_to_caption": {"edges": [{"node": {"text": 5}}]}}, id="a number"),
    ],
)
def test_a_post_without_caption_has_an_empty_one(node: object) -> None:
    assert read_post(packed({"node": node})) == NO_CAPTION


@pytest.mark.parametrize(
    "data, message",
    [
        pytest.param(b"", "ends after 0 bytes", id="empty"),
        pytest.param(b'{"node": {}}' * 9, "not an .xz file", id="not packed"),
        pytest.param(packed({"node": post("x" * 500)})[:-40], "in the middle of its data|not an .xz", id="truncated"),
        pytest.param(lzma.compress(b"\xff{"), "no JSON", id="no text"),
        pytest.param(lzma.compress(b"[" * 200_000), "no JSON", id="too deep"),
        pytest.param(packed([1, 2]), "no post", id="a list"),
        pytest.param(packed({"node": {"id": "1"}}), "no post", id="some other node"),
        pytest.param(lzma.compress(b" " * (MAX_POST_BYTES + 1)), "more than the limit", id="a bomb"),
        pytest.param(b"\xfd7zXZ" * MAX_PACKED_BYTES, "over the limit", id="a huge file"),
    ],
)
def test_a_bad_download_file_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ReelwearError, match=message) as caught:
        read_post(data)
    assert caught.value.code is ErrorCode.BAD_CAPTION


@given(st.binary(max_size=200), st.sampled_from([read_post, read_sidecar]))
def test_any_bytes_are_read_or_refused(data: bytes, read: Callable[[bytes], Caption]) -> None:
    with suppress_bad_caption():
        assert isinstance(read(data), Caption)


@contextmanager
def suppress_bad_caption() -> Iterator[None]:
    """Let a named refusal pass, and nothing else."""
    try:
        yield
    except ReelwearError as error:
        if error.code is not ErrorCode.BAD_CAPTION:
            raise


def test_metadata_goes_before_the_text_file_and_that_before_the_post() -> None:
    metadata, sidecar, download = (read_text(f"{name} #{name} #same") for name in ("metadata", "sidecar", "post"))
    assert choose(metadata, sidecar, download) == Caption(
        "metadata #metadata #same", ("metadata", "same", "sidecar", "post")
    )
    assert choose(None, sidecar, download).text == "sidecar #sidecar #same"
    assert choose(Caption("", ("only",)), None, download) == Caption("post #post #same", ("only", "post", "same"))
    assert choose() == NO_CAPTION


@given(st.permutations(["metadata", "sidecar", "post"]), st.sets(st.sampled_from(["metadata", "sidecar", "post"])))
def test_the_order_of_arrival_changes_nothing(order: list[str], present: set[str]) -> None:
    sources = {name: read_text(f"{name} #{name}") for name in order if name in present}
    last = NO_CAPTION
    for count in range(len(order) + 1):
        last = choose(**{name: sources[name] for name in order[:count] if name in sources})
    assert all(last == choose(**dict(p)) for p in permutations(sources.items()))


def test_the_reels_text_and_download_say_the_same() -> None:
    if not REELS.exists():
        pytest.skip(f"{REELS} is not here")
    texts = sorted(REELS.glob("*.txt"))
    assert len(texts) == 8
    for text in texts:
        assert read_sidecar(text.read_bytes()) == read_post(text.with_suffix(".json.xz").read_bytes())
