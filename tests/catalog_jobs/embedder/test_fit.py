"""How the attributes' chances are fitted, and from where on they are said."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="fitting needs torch: pip install 'reelwear[models]'")

from catalog_jobs.embedder.fit import Floats, fit_attribute, fit_softmax, least_confidence
from catalog_jobs.embedder.garments import Garment
from catalog_jobs.evaluate.data.attribute_labels import LabelledGarment
from serve_app.models.image_text import ImageTextModel
from tests.catalog_jobs.evaluate.seen import RED, plain
from tests.serve_app.models.towers import write_towers


def chances_of(confidences: list[float], says: list[int], n_values: int = 3) -> Floats:
    """Rows of chances, of which the likeliest value and its chance are given."""
    chances = np.zeros((len(says), n_values))
    for row, (confidence, value) in enumerate(zip(confidences, says, strict=True)):
        chances[row] = (1 - confidence) / (n_values - 1)
        chances[row, value] = confidence
    return chances


def test_the_limit_is_the_lowest_from_which_on_enough_is_right() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    said = [0, 0, 0, 1, 1, 1, 1, 0]
    assert least_confidence(chances_of([0.9] * 6 + [0.62] * 2, said), truth) == 0.65


def test_naming_the_commonest_each_time_is_never_sure_enough() -> None:
    truth = np.array([0] * 90 + [1] * 5 + [2] * 5)
    assert least_confidence(chances_of([0.97] * 100, [0] * 100), truth) == 1.0


def test_a_few_lucky_readings_are_not_enough() -> None:
    assert least_confidence(chances_of([0.9] * 4, [0, 1, 0, 1]), np.array([0, 1, 0, 1])) == 1.0


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    cosines, truth = np.array([[0.3, 0.1], [0.2, 0.3], [0.3, 0.2]]), np.array([0, 1, 1])
    scale, biases = fit_softmax(cosines, truth, with_biases=True, weights=np.array([2.0, 1.0, 1.0]))
    twice_scale, twice_biases = fit_softmax(cosines[[0, 0, 1, 2]], truth[[0, 0, 1, 2]], with_biases=True)
    assert scale == pytest.approx(twice_scale, rel=1e-3)
    np.testing.assert_allclose(biases, twice_biases, atol=1e-3)


def test_the_few_that_a_person_saw_count_as_much_as_the_many_known_by_rule(tmp_path: Path) -> None:
    # To these towers all words of attributes are alike, so that only how common a value is tells.
    model = ImageTextModel(write_towers(tmp_path))
    rule = [Garment(plain(RED), None, "dress", None, None, {"pattern": "solid"}, str(i)) for i in range(30)]
    seen = [LabelledGarment(str(i), "dress", {"pattern": "striped"}, plain(RED), is_cut=False) for i in range(2)]
    fitted = fit_attribute(model, "pattern", rule, seen)
    assert fitted.biases["solid"] == pytest.approx(fitted.biases["striped"], abs=1e-3)
    assert fitted.biases["solid"] > fitted.biases["floral"] + 1
    assert fitted.min_confidence == 1.0, "half of it would be wrong"
    alone = fit_attribute(model, "pattern", rule, [])
    assert alone.biases["solid"] > alone.biases["striped"] + 1
