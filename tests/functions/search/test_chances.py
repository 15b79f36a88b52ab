import numpy as np
import pytest

from functions.search.chances import Label, WordsFit, WordsFits, chance, fit_on, probes
from serve_app.contract import WordFit

COLORS, TYPES = ("red", "green", "blue"), ("dress", "skirt", "bag", "hat")
LABELS: list[Label] = [(color, kind) for color in COLORS for kind in TYPES for _ in range(5)]
NAN = np.nan


def cosines_of(probe: Label, share: float, chance: np.random.Generator) -> np.ndarray:
    """About 0.6 where both are right, 0.3 where one is, 0 where none is; `share` of the products have the part."""
    right = np.array([(probe[0] == label[0]) + (probe[1] == label[1]) for label in LABELS])
    there = chance.random(len(LABELS)) < share
    return np.where(there, 0.3 * right + chance.normal(scale=0.08, size=len(LABELS)), NAN)


def fitted(known: WordFit | None = None, images: float = 1.0, texts: float = 1.0) -> WordsFit:
    chance = np.random.default_rng(0)
    asked = probes(LABELS, 32)
    pairs = [(cosines_of(one, images, chance), cosines_of(one, texts, chance)) for one in asked]
    return fit_on(LABELS, asked, pairs, known)


def test_a_chance_fitted_on_the_shop_is_the_share_that_is_so() -> None:
    fit = fitted()
    random = np.random.default_rng(1)
    told, is_so = [], []
    for probe in probes(LABELS, 32):
        odds = fit.log_odds(cosines_of(probe, 1, random), cosines_of(probe, 1, random))
        told += [chance(one) for one in odds]
        is_so += [label == probe for label in LABELS]
    likely = np.array(told) >= 0.5
    assert np.mean(np.array(is_so)[likely]) == pytest.approx(np.mean(np.array(told)[likely]), abs=0.1)
    assert np.mean(told) == pytest.approx(np.mean(is_so), abs=0.02)


def test_picture_and_words_together_tell_more_than_either() -> None:
    fit = fitted()
    both, image, text = fit.log_odds(np.array([0.55, 0.55, NAN]), np.array([0.55, NAN, 0.55]))
    assert both > max(image, text)
    against, _ = fit.log_odds(np.array([0.55, 0.55]), np.array([0.0, NAN]))
    assert against < image


def test_a_fit_for_pictures_that_is_known_stands() -> None:
    known = WordFit(scale=23, bias=-6.5)
    assert fitted(known).image == known
    assert fitted(known, texts=0).both is None
    assert fitted(known, texts=0).text is None


def test_too_few_products_to_fit_on_leave_the_chance_open_and_fuse_ranks() -> None:
    fit = fit_on(LABELS[:3], [LABELS[0]], [(np.array([0.6, 0.1, 0.2]), np.array([0.5, 0.1, 0.2]))], None)
    assert (fit.text, fit.image, fit.both) == (None, None, None)
    image, text = np.array([0.9, 0.5, NAN, NAN]), np.array([0.1, 0.8, 0.9, NAN])
    assert np.isnan(fit.log_odds(image, text)).all()
    assert fit.order(image, text) == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 62, 1 / 61, 0])


def test_a_cosine_that_speaks_against_what_is_so_is_no_fit() -> None:
    asked = probes(LABELS, 32)
    random = np.random.default_rng(2)
    backwards = [(-cosines_of(one, 1, random), cosines_of(one, 1, random)) for one in asked]
    fit = fit_on(LABELS, asked, backwards, None)
    assert (fit.image, fit.both) == (None, None)
    assert fit.text is not None


def test_what_is_told_apart_without_a_slip_stays_finite() -> None:
    asked = probes(LABELS, 32)
    clean = [np.array([float(label == one) for label in LABELS]) for one in asked]
    fit = fit_on(LABELS, asked, [(one, one) for one in clean], None)
    assert fit.text is not None
    assert 0 < fit.text.scale < 1000


def test_a_single_word_has_a_fit_of_its_own() -> None:
    fits = WordsFits(single=WordsFit(image=WordFit(scale=1, bias=0)), several=WordsFit(image=WordFit(scale=2, bias=0)))
    assert fits.of("skirt") is fits.single
    assert fits.of("red skirt") is fits.several
    assert fits.of(None) is fits.several


def test_probes_are_spread_over_all_that_is_known() -> None:
    assert probes([("red", "dress"), ("red", "dress"), ("blue", "bag")], 5) == [("blue", "bag"), ("red", "dress")]
    many = probes(LABELS, 4)
    assert (len(many), many[0], many[-1]) == (4, ("blue", "bag"), ("red", "skirt"))
