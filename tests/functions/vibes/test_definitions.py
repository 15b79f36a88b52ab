import json
from pathlib import Path

import pytest

from functions.vibes.definitions import load_vibes
from functions.vibes.words import fold_phrase
from infra.errors import ErrorCode, ReelwearError


def test_the_seven_vibes_ship() -> None:
    assert [vibe.name for vibe in load_vibes()] == [
        "Coquette",
        "Clean Girl",
        "Cottagecore",
        "Streetcore",
        "Y2K",
        "Boho",
        "Party Glam",
    ]
    assert all(vibe.description for vibe in load_vibes())


def test_no_phrase_that_ships_is_empty_or_twice_in_a_vibe() -> None:
    for vibe in load_vibes():
        phrases = [fold_phrase(text) for text in vibe.words]
        assert all(phrases)
        twice = {phrase for phrase in phrases if phrases.count(phrase) > 1}
        assert not twice, f"{vibe.name}: {twice}"


def test_a_file_of_ones_own_replaces_the_list(tmp_path: Path) -> None:
    file = tmp_path / "vibes.json"
    file.write_text(json.dumps([{"id": "goth", "name": "Goth", "words": {"goth": 1.5}}]))
    (goth,) = load_vibes(file)
    assert goth.words == {"goth": 1.5}


@pytest.mark.parametrize(
    "content, message",
    [
        pytest.param("{", "is no JSON", id="no JSON"),
        pytest.param('[{"id": "a", "name": "A", "words": {}}]', "at 0.words", id="no words"),
        pytest.param('[{"id": "A b", "name": "A", "words": {"a": 1}}]', "at 0.id", id="a bad id"),
        pytest.param('[{"id": "a", "name": "A", "words": {"a": -1}}]', "at 0.words.a", id="a negative weight"),
        pytest.param('[{"id": "a", "name": "A", "words": {"a": 1}, "wrods": 1}]', "at 0.wrods", id="a misspelt key"),
        pytest.param(
            '[{"id": "a", "name": "A", "words": {"a": 1}}, {"id": "a", "name": "B", "words": {"a": 1}}]',
            "id 'a' twice",
            id="an id twice",
        ),
    ],
)
def test_a_bad_list_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "vibes.json"
    file.write_text(content)
    with pytest.raises(ReelwearError, match=message) as caught:
        load_vibes(file)
    assert caught.value.code is ErrorCode.BAD_SETTING
    assert "REELWEAR_VIBES_FILE" in caught.value.message


def test_a_list_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match="cannot be read"):
        load_vibes(tmp_path / "none.json")
