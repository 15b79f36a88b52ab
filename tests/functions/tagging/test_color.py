import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.tagging.color import ItemColor, cloth_color, name_color
from functions.tagging.color_names import named_colors

CCP = Path(__file__).parents[4] / "shared" / "data" / "ccp"
BASICS_OF_CLOTH = {
    "black": "#17171a",
    "white": "#f4f4f2",
    "grey": "#808080",
    "red": "#c0142a",
    "orange": "#ee7623",
    "yellow": "#f2d030",
    "green": "#2e7d45",
    "blue": "#2a5fb0",
    "purple": "#6a2c91",
    "pink": "#f08baf",
    "brown": "#6b442b",
    "beige": "#d6c3a2",
}


def cloth(hexadecimal: str, seed: int = 0, shading: float = 0.25) -> NDArray[np.uint8]:
    """A 120×90 piece of cloth of one colour, with folds that darken it and the noise of a camera."""
    rng = np.random.default_rng(seed)
    color = np.frombuffer(bytes.fromhex(hexadecimal[1:]), np.uint8).astype(float)
    folds = 1 - shading * (0.5 + 0.5 * np.sin(np.linspace(0, 12, 90)))[None, :, None]
    return np.clip(color * folds + rng.normal(0, 2, (120, 90, 3)), 0, 255).astype(np.uint8)


def named(pixels: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> ItemColor:
    found = cloth_color(pixels, np.ones(pixels.shape[:2], bool) if mask is None else mask)
    assert found
    return name_color(found)


@pytest.mark.parametrize("basic", BASICS_OF_CLOTH)
def test_folded_cloth_has_its_basic_colour(basic: str) -> None:
    assert named(cloth(BASICS_OF_CLOTH[basic])).basic == basic


@pytest.mark.parametrize(
    "hexadecimal, basic, names",
    [
        pytest.param("#18233f", "blue", {"navy", "midnight blue"}, id="dark denim is navy, not black"),
        pytest.param("#141318", "black", {"black"}, id="black under a blue sky is black, not navy"),
        pytest.param("#e0e2ea", "white", {"white", "off-white"}, id="a white shirt in the shade is white"),
        pytest.param("#4f6b8f", "blue", {"denim blue", "steel blue"}, id="denim is blue, not grey"),
        pytest.param("#5a1424", "red", {"burgundy", "wine"}, id="burgundy is red, not brown"),
        pytest.param("#545a3b", "green", {"army green", "dark olive"}, id="army green is green, not grey"),
    ],
)
def test_cloth_is_called_what_a_person_calls_it(hexadecimal: str, basic: str, names: set[str]) -> None:
    color = named(cloth(hexadecimal, shading=0.15))
    assert color.basic == basic
    assert color.name in names


def test_what_is_outside_the_mask_does_not_count() -> None:
    pixels = np.full((200, 200, 3), (20, 160, 60), np.uint8)
    pixels[40:160, 60:150] = cloth("#c0142a")
    mask = np.zeros((200, 200), bool)
    mask[40:160, 60:150] = True
    assert named(pixels, mask).basic == "red"


def test_a_mask_that_is_two_pixels_too_wide_changes_nothing() -> None:
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[40:160, 60:150] = cloth("#18233f")
    wide = np.zeros((200, 200), bool)
    wide[38:162, 58:152] = True
    assert named(pixels, wide).share == pytest.approx(1.0, abs=0.02)
    assert named(pixels, wide).basic == "blue"


def test_the_main_colour_wins_and_its_share_is_told() -> None:
    pixels = cloth("#2a5fb0")
    pixels[:36] = cloth("#f2d030")[:36]
    color = named(pixels)
    assert color.basic == "blue"
    assert color.share == pytest.approx(0.7, abs=0.06)


def test_an_empty_mask_has_no_colour() -> None:
    assert cloth_color(cloth("#808080"), np.zeros((120, 90), bool)) is None


def test_a_mask_of_one_pixel_has_its_colour() -> None:
    mask = np.zeros((120, 90), bool)
    mask[5, 5] = True
    assert named(cloth("#c0142a"), mask).basic == "red"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**24 - 1), st.integers(0, 3))
def test_every_colour_gets_a_name_of_its_basic_colour_twice_the_same(number: int, seed: int) -> None:
    pixels = cloth(f"#{number:06x}", seed)
    color = named(pixels)
    assert {row.name: row.basic for row in named_colors()}[color.name] == color.basic
    assert 0 < color.share <= 1
    assert named(pixels.copy()) == color


# Read off the photographs by eye.
SEEN_ON_PHOTOS = [
    ("0113", "pants", {"yellow"}),
    ("0283", "pants", {"red"}),
    ("0231", "coat", {"blue"}),
    ("0089", "skirt", {"blue"}),
    ("0048", "jeans", {"blue"}),
    ("0070", "jeans", {"black"}),
    ("0224", "coat", {"black"}),
    ("0208", "shirt", {"white"}),
    ("0085", "shirt", {"white"}),
    ("0217", "shirt", {"blue"}),
    ("0328", "jeans", {"blue"}),
    ("0328", "coat", {"green"}),
    ("0196", "pants", {"grey"}),
    ("0402", "pants", {"beige", "brown"}),
    ("0409", "pants", {"red"}),
    ("0289", "coat", {"brown"}),
    ("0302", "skirt", {"pink"}),
    ("0017", "skirt", {"red"}),
    ("0584", "sweater", {"purple"}),
    ("0447", "dress", {"orange"}),
]


def test_garments_of_street_photographs_have_the_colours_that_people_see() -> None:
    if not CCP.exists():
        pytest.skip(f"{CCP} is not here")
    labels = json.loads((CCP / "labels.json").read_text())
    wrong = []
    for photo, label, basics in SEEN_ON_PHOTOS:
        pixels = cv2.imread(str(CCP / "photos" / f"{photo}.jpg"), cv2.IMREAD_COLOR_RGB)
        mask = cv2.imread(str(CCP / "masks" / f"{photo}.png"), cv2.IMREAD_GRAYSCALE) == labels.index(label)
        color = named(np.asarray(pixels, np.uint8), np.asarray(mask))
        if color.basic not in basics:
            wrong.append((photo, label, color))
    assert wrong == []
