"""The losses by hand: right pairs are drawn together, and equal captions are never pushed apart."""

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from catalog_jobs.catalog.learning.losses import pairs_loss, spread_loss  # noqa: E402

EVERY = torch.ones(4, 4, dtype=torch.bool)
OWN = torch.eye(4, dtype=torch.bool)


def random_vectors() -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    texts, images = (torch.randn(4, 8).requires_grad_() for _ in range(2))
    return texts, images


def cosines_of(texts: Tensor, images: Tensor) -> Tensor:
    return functional.normalize(texts, dim=1) @ functional.normalize(images, dim=1).T


def test_with_different_captions_it_is_the_loss_of_clip() -> None:
    cosines = cosines_of(*random_vectors()).detach()
    right = torch.arange(4)
    wanted = (functional.cross_entropy(cosines * 20, right) + functional.cross_entropy(cosines.T * 20, right)) / 2
    assert float(spread_loss(cosines, OWN, EVERY, 20.0)) == pytest.approx(float(wanted), rel=1e-5)


def test_a_batch_of_one_caption_is_at_its_best_where_all_vectors_are_equal() -> None:
    """Seed defect: each caption had to find its own picture alone, also among those of the same caption."""
    texts = torch.ones(4, 8, requires_grad=True)
    images = torch.ones(4, 8, requires_grad=True)
    loss = spread_loss(cosines_of(texts, images), EVERY, EVERY, 20.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)
    assert texts.grad is not None and images.grad is not None
    assert float(texts.grad.abs().max()) < 1e-6
    assert float(images.grad.abs().max()) < 1e-6
    own_alone = spread_loss(cosines_of(texts, images), OWN, EVERY, 20.0)
    assert float(own_alone.detach()) == pytest.approx(math.log(4), rel=1e-4)


@pytest.mark.parametrize("is_siglip", [False, True], ids=["clip", "siglip"])
def test_a_batch_of_one_caption_is_drawn_together_from_anywhere(is_siglip: bool) -> None:
    texts, images = random_vectors()
    optimizer = torch.optim.SGD([texts, images], lr=0.5)
    spreads = []
    for _ in range(200):
        cosines = cosines_of(texts, images)
        loss = pairs_loss(cosines, EVERY, EVERY, 10.0, -5.0) if is_siglip else spread_loss(cosines, EVERY, EVERY, 10.0)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        spreads.append(float((cosines.max() - cosines.min()).detach()))
    assert spreads[-1] < 0.1 * spreads[0]


def test_no_pair_of_one_caption_has_a_force_that_parts_it_under_pairs() -> None:
    cosines = torch.rand(4, 4, requires_grad=True)
    pairs_loss(cosines, EVERY, EVERY, 10.0, -5.0).backward()  # type: ignore[no-untyped-call]
    assert cosines.grad is not None
    assert (cosines.grad < 0).all()


def test_what_does_not_count_has_no_force() -> None:
    counts = EVERY.clone()
    counts[0, 1] = counts[2, 3] = False
    for how in ("spread", "pairs"):
        cosines = torch.rand(4, 4, requires_grad=True)
        loss = spread_loss(cosines, OWN, counts, 5.0) if how == "spread" else pairs_loss(cosines, OWN, counts, 5.0, 0.0)
        loss.backward()  # type: ignore[no-untyped-call]
        assert cosines.grad is not None
        assert (cosines.grad[~counts] == 0).all()
        assert (cosines.grad[counts] != 0).all()
        assert bool(torch.isfinite(loss))


def test_a_batch_in_which_nothing_belongs_together_says_nothing() -> None:
    cosines = torch.rand(4, 4, requires_grad=True)
    loss = spread_loss(cosines, ~EVERY, ~OWN, 5.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
