"""Markdown of numbers."""

import pytest

from catalog_jobs.cards.failures import most_confused, worst_queries
from catalog_jobs.cards.markdown import measure_rows, prose, span, table, units
from catalog_jobs.evaluate.measures.bootstrap import Interval


def test_prose_fills_its_lines_and_keeps_paragraphs_and_items_apart() -> None:
    said = "One\nsentence.\n\nAnother.\n- first\n  item\n- " + "long " * 40
    lines = prose(said).splitlines()
    assert lines[:5] == ["One sentence.", "", "Another.", "", "- first item"]
    assert lines[5].startswith("- long")
    assert lines[6].startswith("  long")
    assert max(map(len, lines)) <= 120


def test_a_table_without_rows_is_a_dash() -> None:
    assert table(("a", "b"), []) == "–"
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n|---|---|\n| 1 | 2 |"


@pytest.mark.parametrize(
    "n, unit, said", [(1, "photo", "1 photo"), (2, "query", "2 queries"), (1200, "reel", "1,200 reels")]
)
def test_units_are_counted_in_words(n: int, unit: str, said: str) -> None:
    assert units(n, unit) == said


def test_a_measure_that_lacks_is_not_measured_and_one_without_a_value_is_a_dash() -> None:
    rows = measure_rows({"a": "first", "b": "second"}, {"b": Interval(None, None, None, 0, "photo")})
    assert rows == [("first", "not measured", "–", "–"), ("second", "–", "–", "0 photos")]
    assert span(0.5, None) == "–"


def test_the_worst_is_named_first() -> None:
    zero_shot = {"classes": ["dress", "skirt"], "confusion": [[7, 3], [4, 0]]}
    assert most_confused(zero_shot) == ["skirt taken for dress (4 of 4)", "dress taken for skirt (3 of 10)"]
    queries = [
        {"text": text, "relevant": relevant, "p_at_5": share}
        for text, relevant, share in (("good", 9, 1.0), ("fair", 9, 0.6), ("bad", 9, 0.2), ("rare", 1, 0.0))
    ]
    assert worst_queries({"queries": queries, "asked_from": 5}) == ['"bad" (1 of 5)', '"fair" (3 of 5)']
