import pytest

from catalog_jobs.evaluate.prompts import class_prompts, garment_text


@pytest.mark.parametrize(
    "kind, color, text",
    [
        ("dress", None, "a dress"),
        ("dress", "orange", "an orange dress"),
        ("pants", "red", "red pants"),
        ("jewelry", None, "jewelry"),
        ("outerwear", "blue", "a blue coat or jacket"),
        (None, "red", "something red"),
    ],
)
def test_garments_are_asked_for_as_people_would(kind: str | None, color: str | None, text: str) -> None:
    assert garment_text(kind, color) == text


@pytest.mark.parametrize(
    "folder, words",
    [
        ("outwear", "outerwear, a coat or jacket"),
        ("longsleeve", "a long-sleeved top"),
        ("t-shirt", "a t-shirt"),
        ("shoes", "shoes"),
        ("evening_dress", "an evening dress"),
    ],
)
def test_odd_folder_names_become_words(folder: str, words: str) -> None:
    assert class_prompts(folder)[:2] == [words, f"a photo of {words}"]
