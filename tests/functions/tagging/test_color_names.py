from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tagging.color_names import BASIC_COLORS, ciede2000, from_hex, named_colors, to_hex, to_lab

# Sharma, Wu & Dalal, "The CIEDE2000 color-difference formula", Color Research and Application 30 (2005), table 1:
# L, a, b of two colours and their difference.
SHARMA_PAIRS = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5000 0 50 0 -2.5000 4.3065
50 2.5000 0 73 25 -18 27.1492
50 2.5000 0 61 -5 29 22.8977
50 2.5000 0 56 -27 -3 31.9030
50 2.5000 0 58 24 15 19.4535
50 2.5000 0 50 3.1736 0.5854 1.0000
50 2.5000 0 50 3.2972 0 1.0000
50 2.5000 0 50 1.8634 0.5757 1.0000
50 2.5000 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def sharma_pairs() -> np.ndarray:
    return np.array([line.split() for line in SHARMA_PAIRS.strip().splitlines()], float)


def test_the_published_differences_are_met_in_both_directions() -> None:
    pairs = sharma_pairs()
    assert len(pairs) == 34
    np.testing.assert_allclose(ciede2000(pairs[:, :3], pairs[:, 3:6]), pairs[:, 6], atol=5e-5)
    np.testing.assert_allclose(ciede2000(pairs[:, 3:6], pairs[:, :3]), pairs[:, 6], atol=5e-5)


@pytest.mark.parametrize(
    "hexadecimal, lab",
    [
        pytest.param("#ffffff", (100, 0, 0), id="white"),
        pytest.param("#000000", (0, 0, 0), id="black"),
        pytest.param("#ff0000", (53.241, 80.092, 67.203), id="red"),
        pytest.param("#0000ff", (32.297, 79.188, -107.860), id="blue"),
    ],
)
def test_the_corners_of_srgb_have_their_known_cielab_values(hexadecimal: str, lab: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(from_hex(hexadecimal), lab, atol=0.06)


@given(HEX)
def test_a_colour_survives_the_way_to_cielab_and_back(hexadecimal: str) -> None:
    back = to_hex(from_hex(hexadecimal))
    channels = [abs(int(hexadecimal[i : i + 2], 16) - int(back[i : i + 2], 16)) for i in (1, 3, 5)]
    assert max(channels) <= 1


@given(HEX, HEX)
def test_a_difference_is_zero_only_for_one_colour_and_the_same_both_ways(one: str, other: str) -> None:
    difference = float(ciede2000(from_hex(one), from_hex(other)))
    assert difference >= 0
    assert difference == pytest.approx(float(ciede2000(from_hex(other), from_hex(one))), abs=1e-6)
    assert (difference < 1e-6) == (one == other)


def test_a_picture_keeps_its_shape_in_cielab() -> None:
    assert to_lab(np.zeros((3, 5, 3), np.uint8)).shape == (3, 5, 3)


def test_the_list_has_every_basic_colour_and_no_name_twice() -> None:
    colors = named_colors()
    assert 60 <= len(colors) <= 120
    assert {color.basic for color in colors} == set(BASIC_COLORS)
    assert len({color.name for color in colors}) == len(colors)
    assert {color.name: color.basic for color in colors}["navy"] == "blue"


def test_no_two_names_look_the_same() -> None:
    colors = named_colors()
    close = [
        (a.name, b.name)
        for a, b in product(colors, colors)
        if a.name < b.name and float(ciede2000(from_hex(a.hex), from_hex(b.hex))) < 2
    ]
    assert close == []
