"""The command `all`."""

import json
from pathlib import Path

from tests.catalog_jobs.evaluate.running import check_plots, run_json
from tests.catalog_jobs.evaluate.stand_in import served

PLOTS = {
    *("iou", "parser_speed"),
    *("confusion", "search", "recognition", "reliability", "speed"),
    *("precision_recall", "cutoffs", "tracks"),
}
SHEETS = {"failures_parser", "failures_search", "failures_instances"}


def test_all_is_one_document_and_every_plot_and_can_be_compared_with_itself(data_folder: Path, tmp_path: Path) -> None:
    with served() as address:
        arguments = ("--embedder", f"server:{address}", "--data", str(data_folder), "--distractors", "10")
        printed = run_json("all", *arguments, "--out", str(tmp_path))
    file = tmp_path / "evaluation.json"
    assert json.loads(file.read_text()) == printed
    assert set(printed) == {"parser", "embedder", "matching"}
    assert printed["parser"]["images"] == 8
    check_plots(tmp_path, PLOTS, SHEETS)
    compared = run_json("compare", str(file), str(file))
    assert {"parser.miou", "embedder.zero_shot.accuracy", "matching.similar.recall"} <= set(compared["differences"])
    assert not any(row["is_beyond_noise"] or row["by"] for row in compared["differences"].values())
