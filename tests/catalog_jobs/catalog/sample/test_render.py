"""Pictures of simple pieces: colour, light, ground, edges, seams."""

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.sample.camera import View
from catalog_jobs.catalog.sample.curves import oval, rectangle
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam
from catalog_jobs.catalog.sample.prints import PRINTS, print_tile
from catalog_jobs.catalog.sample.render import Cloth, photograph
from catalog_jobs.catalog.sample.weaves import WEAVES, noise, surface_tile
from functions.tagging.color import cloth_color, name_color
from tests.catalog_jobs.catalog.sample.masks import silhouette

RED = (200, 16, 46)
CLOTHS = {"main": Cloth((RED,)), "plain": Cloth((RED,)), "ink": Cloth(((0, 0, 255),))}
DISC: Drawing = [Piece(oval(300, 400, 150))]


def test_the_same_arguments_give_the_same_picture_and_another_fall_another() -> None:
    one = photograph(DISC, CLOTHS, View(), 5)
    assert np.array_equal(one, photograph(DISC, CLOTHS, View(), 5))
    assert not np.array_equal(one, photograph(DISC, CLOTHS, View(), 5, fall=1))


def test_the_colour_is_read_back_and_the_ground_is_pale_and_grey() -> None:
    picture = photograph(DISC, CLOTHS, View(), 5)
    color = cloth_color(picture, silhouette(DISC, View()))
    assert color is not None and name_color(color).name == "red"
    corner = picture[:40, :40].reshape(-1, 3)
    assert corner.min() > 215
    assert np.ptp(corner.astype(int), axis=1).max() == 0


def test_light_comes_from_above_and_the_shadow_falls_below() -> None:
    picture = cv2.cvtColor(photograph(DISC, CLOTHS, View(), 5), cv2.COLOR_RGB2GRAY).astype(float)
    assert picture[255:262, 250:350].mean() > picture[538:545, 250:350].mean()
    assert picture[560:570, 300].mean() < picture[230:240, 300].mean() - 5


def test_edges_are_smooth() -> None:
    row = photograph([Piece(oval(300, 400, 150), folds=0, plump=0)], CLOTHS, View(), 5)[:, 300, 1].astype(int)
    assert ((row > 40) & (row < 190)).any()


def test_the_silhouette_leaves_holes_out_and_ends_at_the_border() -> None:
    ring: Drawing = [Piece(oval(300, 400, 150), holes=(oval(300, 400, 100),))]
    assert np.count_nonzero(silhouette(ring, View())) == pytest.approx(np.pi * (150**2 - 100**2), rel=0.01)
    near = silhouette(DISC, View(0, 400, 2))
    assert near.shape == (800, 600)
    assert not near[:, :300].any()
    assert not silhouette(DISC, View(5000, 400)).any()


def test_a_seam_stays_on_the_cloth() -> None:
    line = np.array([[0.0, 400.0], [600.0, 400.0]])
    sewn = photograph([*DISC, Seam(line, 6, cloth="ink")], CLOTHS, View(), 5)
    bare = photograph(DISC, CLOTHS, View(), 5)
    changed = (sewn != bare).any(axis=2)
    assert changed[400, 200:400].all()
    assert not (changed & ~silhouette(DISC, View(300, 400, 1.02))).any()


def test_stitches_have_gaps() -> None:
    line = np.array([[200.0, 400.0], [400.0, 400.0]])
    sewn = photograph([*DISC, Seam(line, 4, cloth="ink", dash=10)], CLOTHS, View(), 5)
    is_ink = sewn[400, 200:400, 2] > 150
    assert 10 <= np.count_nonzero(np.diff(is_ink.astype(int)) == 1) <= 15


def test_a_piece_shades_what_it_lies_on() -> None:
    top = Piece(rectangle(260, 300, 340, 400), lift=1)
    laid = photograph([*DISC, top], CLOTHS, View(), 5).astype(int)
    bare = photograph(DISC, CLOTHS, View(), 5).astype(int)
    assert (laid[401:405, 280:320, 0] < bare[401:405, 280:320, 0] - 8).all()


@pytest.mark.parametrize("fabric", WEAVES)
def test_every_fabric_keeps_its_colour(fabric: str) -> None:
    piece: Drawing = [Piece(rectangle(150, 150, 450, 650))]
    picture = photograph(piece, {"main": Cloth((RED,), fabric)}, View(), 5)
    color = cloth_color(picture, silhouette(piece, View()))
    assert color is not None and name_color(color).basic == "red"


@pytest.mark.parametrize("name", PRINTS)
def test_a_print_repeats_without_a_seam_and_its_ground_leads(name: str) -> None:
    colors = ((250, 250, 250), (200, 0, 0), (0, 0, 200), (0, 150, 0))
    tile = print_tile(name, colors, 1.0)
    assert tile.shape == (120, 120, 3)
    is_ground = (tile > 235).all(axis=2)
    assert 0.3 < is_ground.mean() < 0.95
    inner = np.abs(np.diff(tile, axis=0)).mean(axis=(1, 2)).max()
    assert np.abs(tile[0] - tile[-1]).mean() <= inner + 1


def test_surfaces_and_noise_are_centred_and_repeat() -> None:
    for weave in WEAVES.values():
        tile = surface_tile(weave.surface, 1.0)
        assert tile.shape == (96, 96)
        assert abs(float(tile.mean())) < 1e-3
    field = noise(3, 64, 4, 4)
    assert float(field.std()) == pytest.approx(1, abs=1e-3)
    assert np.abs(field[0] - field[-1]).max() < 1.5
