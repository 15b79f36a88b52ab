"""The chance that a find is right, and the numbers that it is made from."""

import numpy as np
import pytest

from serve_app.models.certainty import EVIDENCE, MOST_LOGIT, Certainty, Sureness, evidence_of

GROUPS = ("background", "skin", "hair", "top", "bag")


def presence(**logits: float) -> np.ndarray:
    """Logits of presence by group, the rest absent."""
    return np.array([logits.get(name, -9.0) for name in GROUPS], np.float32)


def test_the_evidence_is_in_its_stated_order_and_bounded() -> None:
    found = evidence_of(presence(top=3.0, hair=1.5), "top", GROUPS, 0.5, 0.9, 0.01)
    assert len(found) == len(EVIDENCE)
    assert found[:5] == (0.0, 3.0, 1.5, 0.3, 1.0)
    far = evidence_of(presence(top=99.0, hair=-99.0), "top", GROUPS, 1.0, 0.0, 0.0)
    assert (far[1], far[2], far[4]) == (MOST_LOGIT, -MOST_LOGIT, 0.0)
    assert np.isfinite(far).all()


def test_a_chance_is_the_logistic_curve_of_the_evidence() -> None:
    certainty = Certainty((1.0, 0.5, 0.0, 0.0, 0.0, 0.0), {"top": -1.0})
    assert certainty.chance("top", (0.0, 2.0, 0, 0, 0, 0)) == pytest.approx(0.5)
    assert certainty.chance("top", (3.0, 2.0, 0, 0, 0, 0)) == pytest.approx(1 / (1 + np.exp(-3)))
    assert certainty.chance("bag", (0.0, 2.0, 0, 0, 0, 0)) == pytest.approx(1 / (1 + np.exp(-1)))


def test_without_a_fit_the_plain_score_stands() -> None:
    assert Sureness(presence()).score("top", (0.0,) * len(EVIDENCE), 0.7) == 0.7


def test_it_is_kept_as_text() -> None:
    certainty = Certainty((1.0, 0.5, 0.25, 0.0, 0.0, -2.0), {"top": -1.0})
    assert Certainty.from_json(certainty.as_json()) == certainty


@pytest.mark.parametrize("text", ['{"weights": [1], "biases": {}}', "{}", "no json", '{"weights": 3, "biases": {}}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Certainty.from_json(text)
