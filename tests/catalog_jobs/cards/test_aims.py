"""Figures against their aims."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog_jobs.cards.aims import AIMS, Aim, Figure, aims_table
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.evaluate.measures.bootstrap import Interval


def row_of(evaluation: Evaluation, words: str) -> list[str]:
    """The cells of a row of the table."""
    row = next(line for line in aims_table(evaluation).splitlines() if line.startswith(f"| {words} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize(
    "is_at_least, figure, said",
    [
        pytest.param(True, (0.6, 0.55, 0.7), "yes", id="above"),
        pytest.param(True, (0.6, 0.45, 0.7), "yes, within noise", id="above, but not surely"),
        pytest.param(True, (0.5, 0.4, 0.6), "yes, within noise", id="just"),
        pytest.param(True, (0.4, 0.3, 0.6), "no, within noise", id="below, but not surely"),
        pytest.param(True, (0.4, 0.3, 0.45), "no", id="below"),
        pytest.param(False, (0.4, 0.3, 0.45), "yes", id="few enough"),
        pytest.param(False, (0.6, None, None), "no", id="too many, no interval"),
        pytest.param(True, (None, None, None), "not measured", id="nothing"),
    ],
)
def test_a_verdict_tells_what_is_reached_and_what_noise_leaves_open(
    is_at_least: bool, figure: tuple[Any, Any, Any], said: str
) -> None:
    aim = Aim("x", 0.5, is_at_least, lambda _: None)
    assert aim.verdict(Figure(*figure, over="")) == said


def test_every_figure_stands_beside_its_aim(evaluation: Evaluation) -> None:
    assert evaluation.embedder is not None
    accuracy = evaluation.embedder.measures["zero_shot.accuracy"]
    assert row_of(evaluation, "zero-shot class accuracy") == [
        "zero-shot class accuracy", "≥ 0.85", f"{accuracy.value:.3f}", f"{accuracy.low:.3f} to {accuracy.high:.3f}",
        f"{accuracy.n} pictures", "yes",
    ]  # fmt: skip
    assert (
        row_of(evaluation, "milliseconds a crop")[4] == f"40 batches of 8, {evaluation.embedder.model.threads} threads"
    )
    assert evaluation.parser is not None
    assert row_of(evaluation, "mean IoU")[2] == f"{evaluation.parser.miou:.3f}"


def test_what_was_measured_on_too_little_is_open(evaluation: Evaluation) -> None:
    assert row_of(evaluation, "one garment found again among 2,000, recall@1")[5] == "open: among 10 only"
    assert evaluation.parser is not None
    intervals = {"iou.scarf": Interval(0.0, 0.0, 0.0, 81, "photo"), "iou.hat": Interval(0.5, 0.4, 0.6, 81, "photo")}
    report = replace(evaluation.parser, images=81, intervals=intervals, photos_with_group={"scarf": 1, "hat": 12})
    known = replace(evaluation, parser=report)
    assert row_of(known, "IoU of scarf")[4:] == ["1 of 81 photos show it", "open: 1 photo shows it"]
    assert row_of(known, "IoU of hat")[4:] == ["12 of 81 photos show it", "yes"]


def test_parts_that_lack_are_not_measured() -> None:
    rows = aims_table(Evaluation(Path())).splitlines()[2:]
    assert len(rows) == len(AIMS)
    assert all(row.endswith("| – | – | – | not measured |") for row in rows)
