"""Only what is better beyond chance takes the place of the model before."""

from collections.abc import Sequence

import pytest

torch = pytest.importorskip("torch", reason="promotion needs torch: pip install 'reelwear[models]'")

from catalog_jobs.catalog.learning.checkpoints import Seen, Story  # noqa: E402
from catalog_jobs.catalog.learning.promotion import gain_of, verdict  # noqa: E402
from catalog_jobs.catalog.learning.report import Validation  # noqa: E402
from catalog_jobs.catalog.learning.validation import SEARCHES, UNIT  # noqa: E402
from catalog_jobs.evaluate.measures.samples import MeanRates  # noqa: E402


def seen(by_text: Sequence[float], by_image: Sequence[float] | None = None) -> Seen:
    """Reciprocal ranks of both searches, one query a product; none by picture where left out."""
    pairs = tuple((text, image) for text, image in zip(by_text, by_image or [0.0] * len(by_text), strict=True))
    counts = tuple((1.0, 0.0 if by_image is None else 1.0) for _ in by_text)
    keys = tuple(f"product {number}" for number in range(len(by_text)))
    samples = MeanRates(unit=UNIT, keys=keys, groups=SEARCHES, sums=pairs, counts=counts)
    measure = sum(by_text) / len(by_text)
    return Seen(
        validation=Validation(text_to_image=None, image_to_image=None, loss=1, measure=measure), samples=samples
    )


def judged(before: Seen, after: Seen, best_epoch: int = 3) -> tuple[bool, str]:
    story = Story(key={}, before=before, best=after, best_epoch=best_epoch)
    return verdict(story, gain_of(story))


def test_what_is_better_for_nearly_all_is_promoted() -> None:
    is_better, reason = judged(seen([0.5] * 20), seen([1.0] * 18 + [0.5] * 2))
    assert is_better
    assert "from 0.5000 to 0.9500" in reason


def test_what_is_better_for_some_and_worse_for_others_may_be_chance() -> None:
    is_better, reason = judged(seen([0.5] * 20), seen([1.0] * 11 + [0.1] * 9))
    assert not is_better
    assert "may be chance" in reason


def test_a_search_that_became_worse_holds_it_back() -> None:
    is_better, reason = judged(seen([0.1] * 20, [0.8] * 20), seen([1.0] * 20, [0.5] * 20))
    assert not is_better
    assert "the search image to image became worse" in reason


def test_a_handful_of_products_tells_nothing() -> None:
    is_better, reason = judged(seen([0.1] * 5), seen([1.0] * 5))
    assert not is_better
    assert "too few" in reason
    assert judged(seen([0.1] * 6), seen([1.0] * 6))[0]


def test_the_model_as_it_came_is_not_promoted_over_itself() -> None:
    is_better, reason = judged(seen([0.1] * 20), seen([1.0] * 20), best_epoch=0)
    assert (is_better, reason) == (False, "no epoch was better than the model as it came")
