"""Which garment is sold: finds and grounds made by hand."""

import numpy as np
import pytest

from catalog_jobs.catalog.cropping.choosing import Cutting, choose
from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.finds import Find
from catalog_jobs.catalog.cropping.pieces import Sold
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.cropping.stock import plain

WIDTH, HEIGHT = 300, 400
RED, BLUE, SKIN = (200, 30, 40), (30, 50, 160), (214, 160, 130)
Box = tuple[int, int, int, int]


def street() -> Image:
    """A picture without a plain border."""
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def painted(pixels: Image, *patches: tuple[Box, tuple[int, int, int]]) -> Image:
    pixels = pixels.copy()
    for (x0, y0, x1, y1), color in patches:
        pixels[y0:y1, x0:x1] = color
    return pixels


def picture(pixels: Image) -> Picture:
    return Picture(pixels, None, (WIDTH, HEIGHT))


def find(kind: str, score: float, box: Box, wearer: int | None = 0) -> Find:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return Find(kind, score, (float(box[0]), float(box[1]), float(box[2]), float(box[3])), mask, wearer)


def sold(cuttings: list[Cutting]) -> list[tuple[str, str]]:
    return [(one.type, one.source) for one in cuttings if one.is_sold]


TOP, PANTS, SHOES = (100, 80, 200, 200), (105, 200, 195, 340), (100, 345, 200, 380)
PERSON = [find("top", 0.9, TOP), find("pants", 0.8, PANTS), find("shoes", 0.7, SHOES)]


@pytest.mark.parametrize("kind", ["top", "pants", "shoes"])
@pytest.mark.parametrize("is_studio", [True, False], ids=["studio", "street"])
def test_of_an_outfit_the_garment_of_the_products_type_is_sold(kind: str, is_studio: bool) -> None:
    worn = painted(
        plain() if is_studio else street(), (TOP, RED), (PANTS, BLUE), (SHOES, (10, 10, 10)), ((130, 30, 170, 80), SKIN)
    )
    cuttings = choose(picture(worn), PERSON, Sold((kind,)))
    assert sold(cuttings) == [(kind, "detected")]
    assert sorted(one.type for one in cuttings) == ["pants", "shoes", "top"]


def test_a_set_has_a_cutting_for_each_piece() -> None:
    cuttings = choose(picture(street()), PERSON, Sold(("top", "pants")))
    assert sold(cuttings) == [("top", "detected"), ("pants", "detected")]


def test_of_bottoms_that_the_shop_does_not_tell_apart_one_is_sold() -> None:
    cuttings = choose(picture(street()), PERSON, Sold(("top", "pants", "skirt", "shorts")))
    assert sold(cuttings) == [("top", "detected"), ("pants", "detected")]


def test_a_product_of_no_type_has_no_garment() -> None:
    cuttings = choose(picture(street()), PERSON, Sold(()))
    assert sold(cuttings) == []
    assert len(cuttings) == 3


def test_a_type_that_the_detector_mistook_is_named_as_the_shop_names_it() -> None:
    finds = [find("dress", 0.9, (100, 80, 200, 330)), find("shoes", 0.7, SHOES)]
    cuttings = choose(picture(street()), finds, Sold(("skirt",)))
    assert sold(cuttings) == [("skirt", "detected")]


def test_the_very_type_goes_before_one_that_is_taken_for_it() -> None:
    finds = [find("dress", 0.9, (100, 80, 200, 200)), find("skirt", 0.6, (100, 200, 200, 320)), PERSON[2]]
    cuttings = choose(picture(street()), finds, Sold(("skirt",)))
    assert cuttings[0].box_xyxy == (100, 200, 200, 320)


def test_of_two_people_the_one_in_the_middle_shows_what_is_sold() -> None:
    finds = [*PERSON, find("top", 0.9, (0, 80, 60, 200), wearer=1)]
    assert choose(picture(street()), finds, Sold(("top",)))[0].box_xyxy == TOP


def test_an_unlikely_find_of_another_type_is_not_sold() -> None:
    finds = [PERSON[0], PERSON[2], find("skirt", 0.3, PANTS)]
    assert sold(choose(picture(street()), finds, Sold(("pants",)))) == [("pants", "whole")]


@pytest.mark.parametrize("wearer", [0, None], ids=["one wearer", "nobody knows"])
def test_a_pair_of_shoes_is_one_piece(wearer: int | None) -> None:
    left, right = (90, 345, 130, 380), (170, 345, 210, 380)
    finds = [*PERSON[:2], find("shoes", 0.8, left, wearer), find("shoes", 0.6, right, wearer)]
    cuttings = choose(picture(street()), finds, Sold(("shoes",)))
    assert sold(cuttings) == [("shoes", "detected")]
    assert cuttings[0].box_xyxy == (90, 345, 210, 380)
    assert cuttings[0].mask.sum() == 2 * 40 * 35
    assert len(cuttings) == 3


def test_a_garment_by_itself_is_cut_from_its_ground() -> None:
    alone = painted(plain(), ((80, 80, 220, 320), RED))
    patch = [find("skirt", 0.6, (80, 80, 150, 180)), find("top", 0.15, (150, 180, 220, 320))]
    cuttings = choose(picture(alone), patch, Sold(("dress",)))
    assert sold(cuttings) == [("dress", "ground")]
    assert np.allclose(cuttings[0].box_xyxy, (80, 80, 220, 320), atol=2)
    assert [one.type for one in cuttings[1:]] == ["skirt", "top"]


def test_transparency_is_the_outline() -> None:
    opaque = np.zeros((HEIGHT, WIDTH), np.bool_)
    opaque[50:350, 60:240] = True
    cuttings = choose(Picture(plain(), opaque, (WIDTH, HEIGHT)), [], Sold(("bag",)))
    assert sold(cuttings) == [("bag", "ground")]
    assert cuttings[0].box_xyxy == (60, 50, 240, 350)


def test_where_nothing_is_found_the_picture_is_the_garment() -> None:
    cuttings = choose(picture(street()), [], Sold(("hat",)))
    assert sold(cuttings) == [("hat", "whole")]
    assert cuttings[0].box_xyxy == (0, 0, WIDTH, HEIGHT) and cuttings[0].mask.all() and cuttings[0].score == 0


def test_a_print_on_a_close_up_is_not_the_garment() -> None:
    close = painted(np.full((HEIGHT, WIDTH, 3), BLUE, np.uint8), ((80, 100, 220, 280), (240, 140, 30)))
    assert sold(choose(picture(close), [], Sold(("top",), "blue"))) == [("top", "whole")]
    assert sold(choose(picture(close), [], Sold(("top",), "orange"))) == [("top", "ground")]


def test_a_set_laid_out_is_taken_apart_from_head_to_foot() -> None:
    laid = painted(plain(), ((80, 30, 220, 180), RED), ((100, 220, 200, 370), RED))
    cuttings = choose(picture(laid), [], Sold(("shorts", "top")))
    assert sold(cuttings) == [("shorts", "ground"), ("top", "ground")]
    assert [round(one.box_xyxy[1], -1) for one in cuttings] == [220, 30]


def test_a_find_of_sixteen_pixels_is_left_out() -> None:
    small, enough = find("jewelry", 0.9, (10, 10, 26, 100)), find("jewelry", 0.9, (50, 10, 67, 100))
    kinds = [one.box_xyxy for one in choose(picture(street()), [small, enough], Sold(("hat",)))]
    assert small.box_xyxy not in kinds and enough.box_xyxy in kinds


def test_the_order_of_finds_does_not_matter() -> None:
    there, back = (choose(picture(street()), finds, Sold(("top",))) for finds in (PERSON, PERSON[::-1]))
    assert [(one.type, one.box_xyxy, one.is_sold) for one in there] == [(o.type, o.box_xyxy, o.is_sold) for o in back]


def test_a_camel_coat_is_no_skin() -> None:
    alone = painted(plain(), ((80, 60, 220, 340), (200, 160, 120)))
    cuttings = choose(picture(alone), [find("outerwear", 0.7, (80, 60, 220, 220))], Sold(("outerwear",)))
    assert sold(cuttings) == [("outerwear", "ground")]


def test_a_top_whose_wearer_shows_skin_is_worn() -> None:
    worn = painted(plain(), ((100, 150, 200, 330), BLUE), ((110, 60, 190, 150), SKIN))
    cuttings = choose(picture(worn), [find("top", 0.8, (100, 150, 200, 330))], Sold(("top",)))
    assert sold(cuttings) == [("top", "detected")]
