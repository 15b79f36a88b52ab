"""Tables of a large shop, made by counting: every row differs, and every run makes the same."""

import csv
from itertools import cycle, islice
from pathlib import Path

from tests.catalog_jobs.catalog.shop import PRODUCT_HEADER

TYPES = ("Dress", "Top", "Skirt", "Co-Ord", "Shirt", "Trouser", "Shorts", "Jacket")
COLORS = ("Sage Green", "Off White", "Navy", "Rust", "Lilac", "Black", "Powder Blue")
FABRICS = ("Linen", "Cotton", "Viscose Crepe", "Satin", "Denim")
WORDS = ("an easy piece", "for long days", "with a soft drape,", "clean seams", "and pockets deep enough for a phone")


def write_shop(folder: Path, count: int, pictures: int) -> int:
    """Write products.csv and images.csv of `count` products; how many rows of pictures that are, so many of each."""
    with (folder / "products.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(PRODUCT_HEADER)
        rows.writerows(_product(number) for number in range(count))
    with (folder / "images.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image_url"))
        for number in range(count):
            for place in range(pictures):
                rows.writerow(
                    (number, f"https://cdn.shop.example/files/{number}_{place // 2}_{1600 - place}x.jpg?v={place}")
                )
    return count * pictures


def _product(number: int) -> tuple[str, ...]:
    kind, color, fabric = TYPES[number % 8], COLORS[number % 7], FABRICS[number % 5]
    price = 499 + number % 4000
    return (
        str(number),
        f"{color} {fabric} {kind} No. {number}",
        f"<p>{' '.join(islice(cycle(WORDS), number % 5, number % 5 + 8))}</p>",
        kind,
        f"{kind.lower()}-{number}",
        f"{price + 500:,}.00",
        f"{price:,}.00",
        str(number % 40),
        f"Colour:{color}, Fabric:{fabric}, Gender:Women, Print:Solid, GroupID:G{number // 3}, StyleID:S{number}",
        "New In, Summer",
    )
