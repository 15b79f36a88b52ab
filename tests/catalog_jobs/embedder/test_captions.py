"""What words claim, and how well the claims fit what is known of a garment."""

import numpy as np
import pytest

from catalog_jobs.embedder.captions import UNKNOWN, WORDS, Caption, any_caption, caption_of, fit, shades, word_table
from catalog_jobs.embedder.garments import Garment
from functions.tagging.color import ClothColor, name_color
from functions.tagging.color_names import from_hex

SHADES = {color.name: color for color in shades()}


def garment(kind: str, color: str | None = None, **known: str) -> Garment:
    """A garment of one kind and colour (as hex)."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    if color is None:
        return Garment(pixels, None, kind, None, None, known, "x")
    lab = from_hex(color)
    cloth = ClothColor(lab, lab, lab, 1.0)
    return Garment(pixels, np.ones((8, 8), np.bool_), kind, cloth, name_color(cloth).basic, known, "x")


def how(caption: Caption, thing: Garment) -> float:
    """How one caption fits one garment."""
    return float(fit([caption], [thing])[0, 0])


@pytest.mark.parametrize(
    ("word", "kind", "wanted"),
    [
        pytest.param("dress", "dress", 1, id="its own kind"),
        pytest.param("gown", "photo:dress", 1, id="a synonym, and a photo of one garment"),
        pytest.param("dress", "skirt", 0, id="another group"),
        pytest.param("blouse", "shirt", UNKNOWN, id="a neighbour that may be called so"),
        pytest.param("t-shirt", "photo:shirt", 0, id="classes that people told apart"),
        pytest.param("no garment", "none:street", 1, id="nothing"),
        pytest.param("dress", "none:street", 0, id="nothing is no dress"),
    ],
)
def test_a_word_fits_kinds(word: str, kind: str, wanted: float) -> None:
    assert how(Caption("", word), garment(kind)) == wanted


def test_a_basic_colour_fits_its_own_and_not_one_far_away() -> None:
    red = Caption("", None, SHADES["red"])
    assert how(red, garment("dress", "#c01020")) == 1
    assert how(red, garment("dress", "#103080")) == 0
    assert how(red, garment("photo:dress")) == UNKNOWN


def test_a_named_shade_fits_less_the_farther_it_is() -> None:
    crimson = Caption("", None, SHADES["crimson"])
    near, farther = how(crimson, garment("dress", "#a8152e")), how(crimson, garment("dress", "#c8303a"))
    assert near > 0.95
    assert 0 < farther < near


def test_a_light_blue_is_no_dark_one() -> None:
    light = Caption("", "jeans", SHADES["blue"], "light")
    assert how(light, garment("jeans", "#9fbfe8")) == 1
    assert how(light, garment("jeans", "#14243f")) == 0


def test_a_wrong_claim_beats_an_unknown_one() -> None:
    claim = Caption("", "dress", SHADES["red"], None, (("pattern", "striped"),))
    assert how(claim, garment("dress", "#c01020")) == UNKNOWN
    assert how(claim, garment("dress", "#c01020", pattern="striped")) == 1
    assert how(claim, garment("skirt", "#c01020")) == 0
    assert how(Caption("", None, SHADES["red"]), garment("none:street")) == 0


def test_every_caption_made_for_a_garment_fits_it_and_reads_like_words() -> None:
    rng = np.random.default_rng(3)
    things = [
        garment("dress", "#c01020", pattern="striped", sleeve="long", length="midi"),
        garment("jeans", "#9fbfe8"),
        garment("photo:t-shirt", sleeve="short"),
        garment("none:skin"),
    ]
    for thing in things * 40:
        caption = caption_of(thing, rng)
        assert how(caption, thing) == UNKNOWN or how(caption, thing) > 0.05, caption
        assert caption.text == " ".join(caption.text.split())
        assert "{}" not in caption.text


def test_random_captions_claim_what_they_say() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        caption = any_caption(rng)
        assert caption.word is None or caption.word in caption.text
        assert caption.shade is None or caption.shade.name in caption.text


def test_each_kind_has_words_and_each_word_a_kind() -> None:
    table = word_table()
    assert table.shape[0] == len(WORDS)
    assert (table == 1).any(0).all()
    assert (table == 1).any(1).all()
