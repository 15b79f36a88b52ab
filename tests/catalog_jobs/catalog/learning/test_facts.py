"""A text that is true of a picture is never held against it."""

from pathlib import Path

import numpy as np

from catalog_jobs.catalog.learning.facts import FactTable, Match
from catalog_jobs.catalog.learning.rows import PromptRow


def row(product: str, text: str, says: tuple[str, ...] = (), label: str = "dress", **facts: str) -> PromptRow:
    return PromptRow(product, Path("x.png"), label, text, "train", says=says, facts={"type": label, **facts})


def match_of(*rows: PromptRow) -> Match:
    everything = np.arange(len(rows))
    return FactTable.of(rows).match(everything, everything)


def test_equal_captions_belong_together_whatever_their_case() -> None:
    found = match_of(row("1", "A Dress"), row("2", "a  dress"), row("3", "a hat"))
    assert found.belongs.tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert found.counts.all()


def test_captions_that_say_the_same_otherwise_belong_together() -> None:
    says = ("color", "type")
    found = match_of(row("1", "red dress", says, color="Red"), row("2", "dress in red", says, color="red"))
    assert found.belongs.all()


def test_a_caption_that_says_less_is_true_of_more_pictures() -> None:
    found = match_of(row("1", "dress", ("type",), color="red"), row("2", "blue dress", ("color", "type"), color="blue"))
    assert found.belongs.tolist() == [[True, True], [False, True]]


def test_what_is_not_known_of_a_picture_is_left_out() -> None:
    found = match_of(row("1", "linen dress", ("fabric", "type"), fabric="linen"), row("2", "dress", ("type",)))
    assert found.belongs.tolist() == [[True, False], [True, True]]
    assert found.counts.tolist() == [[True, False], [True, True]]


def test_what_differs_in_one_claim_counts_whatever_else_is_not_known() -> None:
    found = match_of(
        row("1", "linen dress", ("fabric", "type"), fabric="linen"), row("2", "hat", ("type",), label="hat")
    )
    assert found.belongs.tolist() == [[True, False], [False, True]]
    assert found.counts.all()


def test_pictures_of_a_product_belong_together_and_pieces_of_a_set_are_left_out() -> None:
    found = match_of(row("1", "a"), row("1", "b"), row("1", "c", label="hat"), row("2", "d"))
    assert found.belongs[:3, :3].tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert found.counts[:3, :3].tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert found.counts[:, 3].all()
    assert not found.belongs[:3, 3].any()


def test_a_picture_is_to_find_the_others_of_its_garment_and_not_itself() -> None:
    table = FactTable.of([row("1", "a"), row("1", "b"), row("1", "c", label="hat"), row("2", "d")])
    found = table.match_pictures(np.array([0, 3]), np.arange(4))
    assert found.belongs.tolist() == [[False, True, False, False], [False] * 4]
    assert found.counts.tolist() == [[False, True, False, True], [True, True, True, False]]
