"""The table in the docs."""

from dataclasses import replace
from pathlib import Path

import pytest

from catalog_jobs.cards.aims import aims_table
from catalog_jobs.cards.docs import BEGIN, END, rewrite_figures
from catalog_jobs.cards.evaluation import Evaluation

SHIPPED = Path(__file__).parents[3] / "docs" / "evaluation" / "README.md"


def test_what_stands_between_the_markers_is_replaced_and_nothing_else(evaluation: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n\n{BEGIN}\nold\n{END}\nafter\n")
    rewrite_figures(file, evaluation)
    once = file.read_text()
    assert once.startswith(f"before\n\n{BEGIN}\n- Parser ")
    assert once.endswith(f"\n{END}\nafter\n")
    assert aims_table(evaluation) in once
    assert "\nold\n" not in once
    rewrite_figures(file, evaluation)
    assert file.read_text() == once


def test_only_measured_models_are_named(evaluation: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"{BEGIN}\n{END}\n")
    rewrite_figures(file, replace(evaluation, parser=None, matching=None))
    text = file.read_text()
    assert "- Embedder stand-in 1: 4 photos of single garments, 32 garments of 8 photos." in text
    assert "- Parser" not in text


@pytest.mark.parametrize("text", [None, "no markers", f"{END} {BEGIN}"], ids=["no file", "no markers", "turned round"])
def test_a_file_without_markers_is_refused_and_left(text: str | None, evaluation: Evaluation, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=r"README\.md lacks the lines"):
        rewrite_figures(file, evaluation)
    assert (file.read_text() if file.exists() else None) == text


def test_the_docs_have_the_markers_and_name_every_plot(evaluation: Evaluation) -> None:
    text = SHIPPED.read_text()
    assert text.index(BEGIN) < text.index(END)
    drawn = [path.name for path in evaluation.folder.iterdir() if path.suffix in (".png", ".jpg")]
    assert len(drawn) > 10
    assert [name for name in drawn if f"[{name}]({name})" not in text] == []
