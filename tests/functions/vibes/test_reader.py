from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.vibes.caption import NO_CAPTION, Caption, read_sidecar, read_text
from functions.vibes.definitions import VibeDefinition, load_vibes
from functions.vibes.reader import Vibe, read_vibes

REELS = Path(__file__).parents[4] / "shared" / "data" / "reels"
FIRST_VIBES = {
    "reel_7_00": "Clean Girl",
    "reel_7_01": "Boho",
    "reel_7_02": "Streetcore",
    "reel_7_03": "Cottagecore",
    "reel_7_04": "Party Glam",
    "reel_7_05": "Y2K",
    "reel_7_06": "Coquette",
    "reel_7_07": None,
}


def read(text: str, min_confidence: float = 0.2) -> tuple[Vibe, ...]:
    return read_vibes(read_text(text), load_vibes(), min_confidence)


def names(text: str) -> list[str]:
    return [vibe.name for vibe in read(text)]


@pytest.mark.parametrize("reel", FIRST_VIBES)
def test_the_reels_captions_have_their_vibe_first(reel: str) -> None:
    file = REELS / f"{reel}.txt"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    vibes = read_vibes(read_sidecar(file.read_bytes()), load_vibes(), 0.2)
    assert (vibes[0].name if vibes else None) == FIRST_VIBES[reel]


@pytest.mark.parametrize(
    "text", ["", "no caption, just the coat", "Tuesday.", "elbow", "#glamping", "the placebo effect", "🙂"]
)
def test_without_evidence_there_is_no_vibe(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "text, evidence",
    [
        pytest.param("so BOHO today", ("BOHO",), id="capitals"),
        pytest.param("Bohemian summers", ("Bohemian",), id="a word of its own"),
        pytest.param("ＢＯＨＯ", ("ＢＯＨＯ",), id="full width"),
        pytest.param("free-spirited", ("free-spirited",), id="a phrase with a hyphen"),
        pytest.param("#BohoChic", ("#BohoChic",), id="capitals in a hashtag"),
        pytest.param("#bohostyle", ("#bohostyle",), id="a hashtag joined with a usual word"),
        pytest.param("#boho_summer_look", ("#boho_summer_look",), id="underscores in a hashtag"),
        pytest.param("Boho, #boho and boho", ("Boho", "#boho"), id="each way of writing once"),
    ],
)
def test_boho_is_read_as_written(text: str, evidence: tuple[str, ...]) -> None:
    (boho,) = read(text)
    assert boho.name == "Boho"
    assert boho.evidence == evidence


@pytest.mark.parametrize(
    "text, vibe",
    [
        ("#CleanGirlAesthetic", "Clean Girl"),
        ("#cleangirl", "Clean Girl"),
        ("clean girl", "Clean Girl"),
        ("#Y2KFashion", "Y2K"),
        ("#y2kfashion", "Y2K"),
        ("#partyglam", "Party Glam"),
        ("#OOTDGlam", "Party Glam"),
        ("#cottagecoreoutfit", "Cottagecore"),
        ("bows 🎀", "Coquette"),
        ("no makeup makeup", "Clean Girl"),
    ],
)
def test_hashtags_and_phrases_are_taken_apart(text: str, vibe: str) -> None:
    assert names(text) == [vibe]


@pytest.mark.parametrize(
    "text",
    [
        "not boho",
        "Not very boho",
        "nothing glam",
        "no glitter",
        "isn't boho",
        "isn’t boho",
        "never boho",
        "not #boho",
        "#notboho",
        "without lace or bows",
        "not a party dress",
        "glitter-free",
        "anti-boho",
    ],
)
def test_what_is_denied_does_not_count(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "text, found",
    [
        ("not boho but glam", ["Party Glam"]),
        ("not boho, glam", ["Party Glam"]),
        ("not only boho", ["Boho"]),
        ("never enough glitter", ["Party Glam"]),
        ("never not boho", ["Boho"]),
        ("Nothing loud #cleangirl", ["Clean Girl"]),
        ("No plans. Glitter!", ["Party Glam"]),
        ("it is not late and we are at the end of this long sentence glam", ["Party Glam"]),
    ],
)
def test_a_negation_reaches_no_further_than_it_should(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_a_phrase_does_not_cross_clauses_or_hashtags() -> None:
    assert "Clean Girl" not in names("clean. Girl")
    assert "Clean Girl" not in names("#clean #girl")


def test_a_hashtag_says_more_than_a_word_and_saying_it_twice_says_no_more() -> None:
    word, tag = read("boho")[0].confidence, read("#boho")[0].confidence
    assert word < tag < 1
    assert read("boho boho #boho")[0].confidence == tag


def test_words_shared_by_vibes_weigh_less() -> None:
    own = VibeDefinition(id="a", name="A", words={"alone": 1.0, "shared": 1.0})
    other = VibeDefinition(id="b", name="B", words={"shared": 1.0})
    alone = read_vibes(read_text("alone"), (own, other), 0)[0]
    shared = read_vibes(read_text("shared"), (own, other), 0)
    assert [vibe.name for vibe in shared] == ["A", "B"]
    assert shared[0].confidence == pytest.approx(0.3935, abs=1e-4) == shared[1].confidence
    assert alone.confidence == pytest.approx(0.6321, abs=1e-4)


def test_one_weak_word_is_not_enough() -> None:
    assert read("a pink coat") == ()
    assert [vibe.name for vibe in read("a pink coat", min_confidence=0.1)] == ["Coquette"]


def test_hashtags_that_came_apart_from_the_text_count() -> None:
    vibes = read_vibes(Caption("a walk", ("boho", "CleanGirl")), load_vibes(), 0.2)
    assert [(vibe.name, vibe.evidence) for vibe in vibes] == [("Boho", ("#boho",)), ("Clean Girl", ("#CleanGirl",))]
    assert read_vibes(NO_CAPTION, load_vibes(), 0) == ()


WORDS = st.sampled_from(
    ["boho", "not", "glam", "#y2k", "lace,", "no", "#cleangirl", ".", "free", "but", "🎀", "party dress", "#NotBoho"]
)


@given(st.lists(WORDS).map(" ".join) | st.text())
def test_every_vibe_is_founded_and_in_order(text: str) -> None:
    caption = read_text(text)
    vibes = read_vibes(caption, load_vibes(), 0.2)
    assert vibes == read_vibes(caption, load_vibes(), 0.2)
    assert list(vibes) == sorted(vibes, key=lambda vibe: (-vibe.confidence, vibe.name))
    for vibe in vibes:
        assert 0.2 <= vibe.confidence <= 1
        assert vibe.evidence
        assert all(written in caption.text for written in vibe.evidence)


@given(st.lists(st.sampled_from(["boho", "fringe", "crochet", "#hippie", "suede"]), unique=True, min_size=1))
def test_more_evidence_is_never_less_sure(words: list[str]) -> None:
    fewer, more = ({vibe.name: vibe.confidence for vibe in read(". ".join(part), 0)} for part in (words[:-1], words))
    assert all(more[name] >= confidence for name, confidence in fewer.items())
