"""What the shop sells: enough of everything, in groups, each cut used and drawn whole."""

import math
from collections import Counter

import numpy as np
import pytest

from catalog_jobs.catalog.sample.assortment import articles, groups
from catalog_jobs.catalog.sample.camera import View
from catalog_jobs.catalog.sample.drawing import Piece
from catalog_jobs.catalog.sample.dyes import dye
from catalog_jobs.catalog.sample.fabrics import cloths_of
from catalog_jobs.catalog.sample.prints import PRINTS
from catalog_jobs.catalog.sample.wardrobe import wardrobe
from catalog_jobs.catalog.sample.weaves import WEAVES
from catalog_jobs.catalog.sample.words import row_of
from catalog_jobs.catalog.sample.writing import whole
from catalog_jobs.catalog.types import TypeTable
from functions.tagging.color_names import named_colors
from functions.tagging.taxonomy import TYPES_BY_NAME
from tests.catalog_jobs.catalog.sample.masks import silhouette


def test_there_are_about_150_products_of_every_type() -> None:
    count = Counter(article.cut.type for article in articles())
    assert 140 <= count.total() <= 160
    assert set(count) == set(TYPES_BY_NAME)
    assert min(count.values()) >= 4


def test_every_cut_is_sold_and_every_group_has_two_colours_or_more() -> None:
    assert {group.cut for group in groups()} == set(wardrobe())
    assert min(len(set(group.colors)) for group in groups()) >= 2


def test_fabrics_prints_and_colours_are_those_that_can_be_drawn() -> None:
    names = {color.name for color in named_colors()}
    for article in articles():
        assert article.group.fabric in WEAVES
        assert article.group.print in ("", *PRINTS)
        assert {article.color, *article.accents} <= names
    with pytest.raises(KeyError, match="puce"):
        dye("puce")


def test_the_demo_finds_an_orange_flight_suit_and_a_dark_uniform_jacket() -> None:
    wanted = {("flight_suit", "orange"), ("uniform_jacket", "navy"), ("uniform_jacket", "black")}
    found = [one for one in articles() if (one.group.cut, one.color) in wanted]
    assert len(found) == 3
    assert {one.cut.type for one in found} == {"outerwear"}


def test_what_the_shop_calls_its_products_means_the_type_that_is_drawn() -> None:
    table = TypeTable.load()
    for cut in wardrobe().values():
        assert table.types_of(cut.product_type, cut.name) == ((cut.type,), True), cut.name


def test_ids_titles_and_styles_are_each_product_s_own() -> None:
    import random

    rows = [row_of(article, random.Random(0)) for article in articles()]
    for column in ("id", "title", "alias"):
        assert len({row[column] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", wardrobe())
def test_a_cut_is_drawn_inside_the_picture_and_its_details_show_it(name: str) -> None:
    cut = wardrobe()[name]
    drawing = cut.draw()
    mask = silhouette(drawing, whole(drawing))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert rows[0] >= 55 and rows[-1] <= 744 and columns[0] >= 40 and columns[-1] <= 559
    assert abs(rows[0] + rows[-1] - 799) <= 4 and abs(columns[0] + columns[-1] - 599) <= 4
    assert max(np.ptp(rows) / 676, np.ptp(columns) / 504) > 0.85
    for x, y, scale in cut.details:
        assert scale > 1.5 and silhouette(drawing, View(x, y, scale)).mean() > 0.09
    assert all(math.isfinite(v) for part in drawing if isinstance(part, Piece) for v in part.outline.flat)


def test_every_role_of_a_drawing_has_its_cloth() -> None:
    for article in articles():
        roles = {part.cloth for part in article.cut.draw() if part.cloth}
        assert roles <= set(cloths_of(article)), article.group.style
