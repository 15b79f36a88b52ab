"""The report: one result as one HTML page that needs nothing else, on a screen in light or dark, or on paper."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from functions.api.answers import ItemMask, Masks
from functions.document import KeyframeEntry, ProductRow, ResultDocument, Span, is_tagged
from functions.report.shapes import Picture, middle, outline, picture_of
from functions.report.words import pieces
from functions.tagging.attribute_words import words_of
from serve_app.contract import decode_rle

# Steps of the golden angle keep neighbours apart however many there are.
FIRST_HUE, HUE_STEP = 30.0, 137.508
TICK_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MAX_TICKS = 9
GAP_S = 0.1


@dataclass(frozen=True)
class Mark:
    """One garment drawn on one keyframe, in pixels of the keyframe."""

    number: int
    label: str
    box: tuple[float, float, float, float]
    score: float
    path: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A keyframe with what is drawn on it; the picture is None where the store no longer has it."""

    entry: KeyframeEntry
    picture: Picture | None
    width: int
    height: int
    marks: tuple[Mark, ...]

    @property
    def badge_px(self) -> float:
        """Radius of a number's badge: the same share of the picture whatever its shape."""
        return round(0.034 * math.sqrt(self.width * self.height), 1)

    @property
    def summary(self) -> str:
        """What the picture shows, for those who do not see it."""
        worn = ", ".join(mark.label for mark in self.marks)
        return f"Keyframe at {self.entry.time_s:.1f} s: {worn or 'no garments'}"


@dataclass(frozen=True)
class Garment:
    """A product row with its number, its hue on the page, and its best picture."""

    number: int
    product: ProductRow
    hue: float
    crop: Picture | None

    @property
    def label(self) -> str:
        """Colour and type, as one would say it."""
        return f"{self.product.color.name} {self.product.type}" if self.product.color else self.product.type

    @property
    def details(self) -> str:
        """What is sure of its pattern, length and sleeves, as one would say it; empty for nothing."""
        return words_of((name, entry.value) for name, entry in self.product.attributes.items())


def report_page(document: ResultDocument, masks: Masks, pictures: Mapping[str, bytes]) -> str:
    """The page of a result. `pictures` maps keys (a keyframe's `url`, a product's `crop_url`) to JPEG or PNG bytes;
    what is missing there is left blank on the page. All text of strangers is escaped, and the page may load nothing.
    """
    garments = tuple(_garment(number, row, pictures) for number, row in enumerate(document.products, 1))
    return _template().render(
        document=document,
        title=_title(document),
        caption=pieces(document.caption, document.vibes),
        garments=garments,
        frames=tuple(_frame(entry, document, garments, masks, pictures) for entry in document.keyframes),
        is_tagged=is_tagged(document),
        shots=shots(document),
        length_s=_length_s(document),
        ticks=ticks(_length_s(document)),
        style=_asset("report.css"),
        script=_asset("report.js"),
    )


def shots(document: ResultDocument) -> tuple[Span, ...]:
    """The shots of the keyframes in order, with one more for each gap between them: shots that return have no keyframe
    of their own.
    """
    known = sorted({frame.shot for frame in document.keyframes}, key=lambda shot: shot.start_s)
    edges = [0.0, *(shot.end_s for shot in known)], [*(shot.start_s for shot in known), _length_s(document)]
    gaps = [
        Span(start_s=end_s, end_s=start_s) for end_s, start_s in zip(*edges, strict=True) if start_s - end_s > GAP_S
    ]
    return tuple(sorted([*known, *gaps], key=lambda shot: shot.start_s))


def ticks(length_s: float) -> tuple[float, ...]:
    """Round times of an axis from 0 to a length, at most MAX_TICKS steps of them."""
    if length_s <= 0:
        return ()
    step_s = next((step for step in TICK_STEPS_S if length_s / step <= MAX_TICKS), TICK_STEPS_S[-1])
    return tuple(index * step_s for index in range(int(length_s / step_s) + 1))


def _template() -> Template:
    pages = Environment(
        loader=PackageLoader("functions.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("report.html.j2")


def _asset(name: str) -> Markup:
    """Our own style or script, which goes into the page as it is."""
    return Markup(files("functions.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  our own file


def _garment(number: int, product: ProductRow, pictures: Mapping[str, bytes]) -> Garment:
    hue = (FIRST_HUE + (number - 1) * HUE_STEP) % 360
    return Garment(number, product, round(hue, 1), picture_of(pictures.get(product.crop_url or "", b"")))


def _frame(
    entry: KeyframeEntry,
    document: ResultDocument,
    garments: tuple[Garment, ...],
    masks: Masks,
    pictures: Mapping[str, bytes],
) -> Frame:
    picture = picture_of(pictures.get(entry.url, b""))
    outlined = {mask.item_id: mask for mask in masks.keyframes.get(entry.index, ())}
    marks = tuple(
        _mark(garment, sighting.box, sighting.score, outlined.get(garment.product.item_id))
        for garment in garments
        for sighting in garment.product.sightings
        if sighting.keyframe == entry.index
    )
    width, height = (picture.width, picture.height) if picture else (document.width or 720, document.height or 1280)
    # Large ones first: what is drawn last is on top, and a small garment must stay reachable.
    return Frame(entry, picture, width, height, tuple(sorted(marks, key=_area_px, reverse=True)))


def _mark(garment: Garment, box: tuple[float, float, float, float], score: float, mask: ItemMask | None) -> Mark:
    x0, y0, x1, y1 = box
    path, at = "", ((x0 + x1) / 2, (y0 + y1) / 2)
    if mask is not None:
        pixels = decode_rle(mask.rle)
        path, at = outline(pixels), middle(pixels)
    return Mark(garment.number, garment.label, box, score, path, at)


def _area_px(mark: Mark) -> float:
    x0, y0, x1, y1 = mark.box
    return (x1 - x0) * (y1 - y0)


def _length_s(document: ResultDocument) -> float:
    ends = [frame.shot.end_s for frame in document.keyframes]
    return max([document.duration_s or 0.0, *ends])


def _title(document: ResultDocument) -> str:
    return document.source.key.rpartition("/")[2] or document.video_id
