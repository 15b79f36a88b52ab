"""What people call a colour: CIELAB, the CIEDE2000 difference, and a list of names under twelve basic colours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

COLORS_FILE = Path(__file__).with_name("colors.json")
BASIC_COLORS = (
    "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige",
)  # fmt: skip
NEUTRALS = frozenset({"black", "white", "grey"})

Lab = NDArray[np.float32]


@dataclass(frozen=True)
class NamedColor:
    """A colour as fashion calls it, and the basic colour that it belongs to."""

    name: str
    hex: str
    basic: str


@cache
def named_colors() -> tuple[NamedColor, ...]:
    """The list that ships; raises ValueError if a row is not under a basic colour."""
    colors = tuple(NamedColor(**row) for row in json.loads(COLORS_FILE.read_text("utf-8")))
    for color in colors:
        if color.basic not in BASIC_COLORS:
            raise ValueError(f"{color.name} is under {color.basic!r}, which is none of {', '.join(BASIC_COLORS)}")
    return colors


def to_lab(rgb: NDArray[np.uint8]) -> Lab:
    """Colours of sRGB (…×3, 0..255) as CIELAB under D65 (…×3): L 0..100, a and b about -110..110."""
    flat = rgb.reshape(1, -1, 3).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_RGB2Lab), np.float32).reshape(rgb.shape)


def to_hex(lab: Lab) -> str:
    """The nearest sRGB colour of one CIELAB colour, as "#rrggbb"."""
    rgb = cv2.cvtColor(np.asarray(lab, np.float32).reshape(1, 1, 3), cv2.COLOR_Lab2RGB).reshape(3)
    red, green, blue = np.clip(np.rint(rgb * 255), 0, 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def from_hex(text: str) -> Lab:
    """The CIELAB colour of "#rrggbb"."""
    return to_lab(np.frombuffer(bytes.fromhex(text.removeprefix("#")), np.uint8))


@cache
def lab_of(color: NamedColor) -> Lab:
    """The CIELAB colour of a named one."""
    return from_hex(color.hex)


def labs_of(colors: Sequence[NamedColor]) -> Lab:
    """The CIELAB colours (N×3) of named ones."""
    return np.array([lab_of(color) for color in colors])


def ciede2000(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Difference of CIELAB colours (…×3 each, broadcast): 1 is just noticeable, 5 the same at a glance.
    Formula of Sharma, Wu & Dalal 2005, equations 2 to 22, all weights 1.
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    c_mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(c_mean7 / (c_mean7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1 = np.degrees(np.arctan2(b1, stretch * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, stretch * a2)) % 360
    has_hue = c1 * c2 > 0
    turn = np.where(has_hue, (h2 - h1 + 180) % 360 - 180, 0)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    far = np.abs(h1 - h2) > 180
    h_mean = np.where(has_hue, (h1 + h2 + np.where(far, np.where(h1 + h2 < 360, 360, -360), 0)) / 2, h1 + h2)
    tone = (
        1
        - 0.17 * np.cos(np.radians(h_mean - 30))
        + 0.24 * np.cos(np.radians(2 * h_mean))
        + 0.32 * np.cos(np.radians(3 * h_mean + 6))
        - 0.20 * np.cos(np.radians(4 * h_mean - 63))
    )
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c = 1 + 0.045 * c_mean
    s_h = 1 + 0.015 * c_mean * tone
    blue_twist = -2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    blue_twist = blue_twist * np.sin(np.radians(60 * np.exp(-(((h_mean - 275) / 25) ** 2))))
    light, chroma, hue = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return np.asarray(np.sqrt(light**2 + chroma**2 + hue**2 + blue_twist * chroma * hue), np.float64)
