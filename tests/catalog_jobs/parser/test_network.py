"""The parser's network: what its parts promise."""

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="the network needs torch: pip install 'reelwear[models]'")

from catalog_jobs.parser import network  # noqa: E402
from catalog_jobs.parser.network import GarmentParser, RegionContext  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def told(context: RegionContext) -> RegionContext:
    """One that is listened to."""
    torch.nn.init.ones_(context.told[1].weight)
    return context.eval()


def test_what_the_picture_says_of_groups_is_not_listened_to_at_first() -> None:
    torch.manual_seed(1)
    x = torch.randn(2, 16, 5, 4)
    y, guess = RegionContext(16, 3).eval()(x)
    assert torch.equal(y, x)
    assert guess.shape == (2, 3, 5, 4)


def test_where_a_cell_lies_does_not_matter_to_what_it_is_told() -> None:
    torch.manual_seed(2)
    context = told(RegionContext(16, 3))
    x = torch.randn(1, 16, 4, 6)
    order = torch.randperm(24)
    moved = x.flatten(2)[:, :, order].reshape(1, 16, 4, 6)
    assert torch.allclose(context(moved)[0].flatten(2), context(x)[0].flatten(2)[:, :, order], atol=1e-5)


def test_a_far_cell_changes_what_all_others_are_told_and_another_picture_does_not() -> None:
    torch.manual_seed(3)
    context = told(RegionContext(16, 3))
    x = torch.randn(2, 16, 4, 6)
    before = context(x)[0]
    x[0, :, 3, 5] += 3
    after = context(x)[0]
    assert (after - before)[0, :, 0].abs().amax(0).min() > 1e-4
    assert torch.equal(after[1], before[1])


def test_answers_have_the_shapes_that_are_told() -> None:
    parsing = GarmentParser(5).eval()(torch.zeros(2, 3, 96, 64))
    assert parsing.logits.shape == (2, 5, 24, 16)
    assert parsing.votes.shape == (2, 2, 24, 16)
    assert parsing.presence.shape == (2, 5)
    assert parsing.guess.shape == (2, 5, 12, 8)


def test_a_group_that_the_guess_saw_nowhere_is_made_unlikely_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(4)
    parser, pixels = GarmentParser(3).eval(), torch.rand(2, 3, 64, 96) * 255
    parser.regions.guess.bias = torch.nn.Parameter(torch.tensor([4.0, 0.0, -4.0]))
    with_shares = parser(pixels)
    monkeypatch.setattr(network, "SHARE_WEIGHT", 0.0)
    added = with_shares.logits - parser(pixels).logits
    assert torch.allclose(added.amin((2, 3)), added.amax((2, 3)), atol=1e-4)
    assert bool((added[:, 2].amax((1, 2)) < added[:, 0].amin((1, 2)) - 1).all())
