import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.document import VibeEntry
from functions.report.words import Piece, pieces


def vibe(name: str, *evidence: str) -> VibeEntry:
    return VibeEntry(name=name, confidence=0.5, evidence=evidence)


def marked(caption: str, *vibes: VibeEntry) -> list[tuple[str, tuple[str, ...]]]:
    return [(piece.text, piece.vibes) for piece in pieces(caption, vibes) if piece.vibes]


@given(st.text(), st.lists(st.builds(vibe, st.sampled_from("AB"), st.text(max_size=4))))
def test_pieces_join_to_the_caption(caption: str, vibes: list[VibeEntry]) -> None:
    assert "".join(piece.text for piece in pieces(caption, vibes)) == caption


@pytest.mark.parametrize(
    ("caption", "evidence", "expected"),
    [
        pytest.param("Soft lace", "lace", ["lace"], id="a word"),
        pytest.param("SOFT Lace", "soft lace", ["SOFT Lace"], id="words in any case"),
        pytest.param("necklace and place", "lace", [], id="no part of a word"),
        pytest.param("bow bow bow", "bow", ["bow", "bow", "bow"], id="each time"),
        pytest.param("so #y2k!", "#y2k", ["#y2k"], id="a hashtag"),
        pytest.param("love 🎀it", "🎀", ["🎀"], id="a sign beside a word"),
        pytest.param("nothing here", "", [], id="no words"),
    ],
)
def test_evidence_is_found(caption: str, evidence: str, expected: list[str]) -> None:
    assert [text for text, _ in marked(caption, vibe("V", evidence))] == expected


def test_words_of_two_vibes_name_both() -> None:
    assert marked("clean white tee", vibe("B", "white tee"), vibe("A", "clean white")) == [
        ("clean ", ("A",)),
        ("white", ("A", "B")),
        (" tee", ("B",)),
    ]


def test_a_caption_that_changes_length_in_lower_case_is_left_unmarked() -> None:
    assert pieces("İ lace", [vibe("V", "lace")]) == (Piece("İ lace"),)
