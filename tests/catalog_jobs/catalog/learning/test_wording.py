"""Captions say what the product says, in many ways, and stay as they are."""

from dataclasses import dataclass, field

from catalog_jobs.catalog.learning.templates import load_templates
from catalog_jobs.catalog.learning.wording import caption_of, facts_of

TEMPLATES = load_templates()


@dataclass
class Told:
    title: str = "Aria Wrap Dress"
    product_type: str = "Wrap Dress "
    facets: dict[str, list[str]] = field(default_factory=lambda: {"fabric": ["Linen"], "group_id": ["G1"]})
    color_name: str | None = "Sage Green"


def test_facts_are_what_the_shop_says_and_not_its_numbers() -> None:
    assert facts_of(Told(), "dress", "white") == {
        "type": "dress", "kind": "wrap dress", "title": "Aria Wrap Dress", "color": "sage green", "fabric": "linen",
    }  # fmt: skip


def test_the_measured_colour_is_said_where_the_shop_says_none() -> None:
    assert facts_of(Told(color_name=None), "dress", "white")["color"] == "white"
    assert "color" not in facts_of(Told(color_name=None), "dress", None)


def test_a_piece_of_a_set_has_its_own_type_and_colour() -> None:
    facts = facts_of(Told(product_type="Co-ord set"), "shorts", "white", is_alone=False)
    assert (facts["kind"], facts["color"]) == ("shorts", "white")


def test_a_long_title_leaves_room_for_the_rest() -> None:
    assert len(facts_of(Told(title="word " * 50), "dress", None)["title"].split()) == 12


def test_the_pictures_of_a_product_say_different_things() -> None:
    facts = facts_of(Told(), "dress", None)
    captions = [caption_of(TEMPLATES, facts, "7", number, 42) for number in range(6)]
    assert len({caption.text for caption in captions}) == 6
    assert all(facts.keys() >= set(caption.says) for caption in captions)


def test_many_products_of_one_group_do_not_share_one_caption() -> None:
    """Seed defect: the caption was a template and the group's name, so that few different ones were in a batch."""
    texts = {
        caption_of(TEMPLATES, facts_of(Told(title=f"Dress {number}"), "dress", None), str(number), 0, 42).text
        for number in range(40)
    }
    assert len(texts) >= 8


def test_a_garment_of_which_only_the_type_is_known_gets_a_caption() -> None:
    caption = caption_of(TEMPLATES, {"type": "hat"}, "7", 3, 42)
    assert "hat" in caption.text
    assert caption.says == ("type",)


def test_captions_come_again_by_seed() -> None:
    facts = facts_of(Told(), "dress", None)
    said = {seed: [caption_of(TEMPLATES, facts, str(n), 0, seed).text for n in range(20)] for seed in (1, 2)}
    assert said[1] == [caption_of(TEMPLATES, facts, str(n), 0, 1).text for n in range(20)]
    assert said[1] != said[2]
