import json
from pathlib import Path

import pytest

from functions.tagging.taxonomy import (
    GARMENT_TYPES,
    GROUNDING_DINO,
    NOT_ITEMS,
    TYPES_BY_NAME,
    YOLOS_FASHIONPEDIA,
    garment_type,
    may_be_same,
    min_share,
)

GROUPS_FILE = Path(__file__).parents[4] / "shared" / "data" / "ccp" / "groups.json"


def test_every_row_is_confused_only_with_rows_that_exist() -> None:
    assert len(TYPES_BY_NAME) == len(GARMENT_TYPES) == 14
    assert all(other in TYPES_BY_NAME for row in GARMENT_TYPES for other in row.mistaken_for)


def test_fashionpedia_has_46_labels_and_its_19_parts_are_no_items() -> None:
    assert len(YOLOS_FASHIONPEDIA) == 46
    parts = list(YOLOS_FASHIONPEDIA)[list(YOLOS_FASHIONPEDIA).index("hood") :]
    assert len(parts) == 19
    assert all(garment_type(part) is None for part in parts)


@pytest.mark.parametrize("vocabulary", [YOLOS_FASHIONPEDIA, GROUNDING_DINO], ids=["yolos", "grounding dino"])
def test_every_mapped_label_is_a_type(vocabulary: dict[str, str | None]) -> None:
    assert {kind for kind in vocabulary.values() if kind} <= set(TYPES_BY_NAME)
    assert all(garment_type(label) == kind for label, kind in vocabulary.items())


def test_two_vocabularies_mean_the_same_by_the_same_word() -> None:
    assert all(YOLOS_FASHIONPEDIA[word] == GROUNDING_DINO[word] for word in YOLOS_FASHIONPEDIA.keys() & GROUNDING_DINO)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("wristwear", "jewelry"),
        ("topwear", "top"),
        ("bottomwear", "pants"),
        ("footwear", "shoes"),
        ("headgear", "hat"),
        ("accessories", "jewelry"),
        ("bag", "bag"),
        ("outerwear", "outerwear"),
        ("cap", "hat"),
        ("hat", "hat"),
        ("headband", "hat"),
        pytest.param("bow", None, id="a bow, which a garment may have"),
    ],
)
def test_the_words_of_the_first_prompts_are_types(word: str, kind: str | None) -> None:
    assert garment_type(word) == kind


@pytest.mark.parametrize("label", [*NOT_ITEMS, "umbrella", "sleeve", "", "Top"])
def test_what_is_no_garment_has_no_type(label: str) -> None:
    assert garment_type(label) is None


def test_confusion_goes_both_ways() -> None:
    names = [row.name for row in GARMENT_TYPES]
    assert all(may_be_same(a, b) == may_be_same(b, a) for a in names for b in names)
    assert may_be_same("dress", "skirt")
    assert not may_be_same("dress", "bag")


def test_small_things_may_be_smaller_and_never_larger_than_the_setting() -> None:
    assert min_share("eyewear", 0.01) < 0.001
    assert min_share("outerwear", 0.01) == 0.01
    assert min_share("eyewear", 0.0001) == 0.0001


def test_the_parsers_groups_are_the_types_and_what_is_no_item() -> None:
    if not GROUPS_FILE.exists():
        pytest.skip(f"{GROUPS_FILE} is not here")
    assert set(json.loads(GROUPS_FILE.read_text())) == set(TYPES_BY_NAME) | NOT_ITEMS
