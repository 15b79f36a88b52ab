"""What an item is like: the votes of its looks, and how they are said."""

from dataclasses import replace

import pytest

from functions.tagging.attribute_words import words_of
from functions.tagging.attributes import voted_attributes
from functions.tagging.looks import Look
from serve_app.contract import Attribute, Detection

ONE = Look(
    frame=0,
    detection=Detection(box=(0, 0, 9, 9), label="top", score=0.9),
    type="top",
    wearer=0,
    box=(0, 0, 9, 9),
    frame_wh=(10, 10),
    share=0.8,
    color=None,
    vector=None,
    quality=0.5,
)


def look(*attributes: tuple[str, str, float], kind: str = "top") -> Look:
    """A look with attributes (name, value, confidence)."""
    said = tuple(
        Attribute.model_validate(dict(zip(("name", "value", "confidence"), a, strict=True))) for a in attributes
    )
    return replace(ONE, type=kind, detection=ONE.detection.model_copy(update={"attributes": said}))


def voted(*looks: Look) -> dict[str, tuple[str, float]]:
    return {one.name: (one.value, one.confidence) for one in voted_attributes(looks, "top")}


def test_looks_that_say_nothing_give_nothing() -> None:
    assert voted(look(), look()) == {}


def test_one_look_that_says_something_among_silent_ones_is_believed() -> None:
    assert voted(look(), look(("pattern", "floral", 0.9)), look()) == {"pattern": ("floral", 0.9)}


def test_the_confidence_is_that_of_the_looks_that_say_it_times_their_share() -> None:
    looks = [look(("pattern", "striped", c)) for c in (0.8, 0.9, 1.0)] + [look(("pattern", "checked", 0.7))]
    value, confidence = voted(*looks)["pattern"]
    assert value == "striped"
    assert confidence == pytest.approx(0.9 * 3 / 4)


def test_the_surer_looks_win_over_as_many_others() -> None:
    votes = [("striped", 0.95), ("striped", 0.95), ("solid", 0.8), ("striped", 0.95), ("solid", 0.8)]
    assert voted(*(look(("pattern", *vote)) for vote in votes))["pattern"][0] == "striped"


def test_looks_that_contradict_one_another_say_nothing() -> None:
    assert voted(look(("sleeve", "long", 0.9)), look(("sleeve", "short", 0.85))) == {}


def test_a_look_taken_for_another_type_has_no_vote() -> None:
    assert voted(look(("pattern", "solid", 0.9)), look(("length", "midi", 0.99), kind="skirt")) == {
        "pattern": ("solid", 0.9)
    }


@pytest.mark.parametrize(
    "values, words",
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"sleeve": "long", "pattern": "striped"}, "striped, long sleeves", id="in their order"),
        pytest.param({"sleeve": "none"}, "sleeveless", id="no sleeves"),
        pytest.param({"length": "midi", "pattern": "floral"}, "floral, midi length", id="a length"),
    ],
)
def test_attributes_are_said_as_people_say_them(values: dict[str, str], words: str) -> None:
    assert words_of(values.items()) == words
