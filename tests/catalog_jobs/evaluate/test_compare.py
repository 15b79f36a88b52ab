"""Two runs side by side."""

import json
from pathlib import Path

import pytest

from catalog_jobs.evaluate.measures.samples import Rates
from tests.catalog_jobs.evaluate.running import run, run_json

PHOTOS = [str(index) for index in range(40)]


def write(path: Path, version: str, **values: list[float]) -> str:
    samples = {name: Rates.gather("photo", PHOTOS, numbers).model_dump() for name, numbers in values.items()}
    model = {"name": "m", "version": version}
    path.write_text(json.dumps({"kind": "embedder", "model": model, "samples": samples}))
    return str(path)


def test_a_steady_gain_is_beyond_noise_and_a_wavering_one_is_not(tmp_path: Path) -> None:
    base = [index % 10 / 10 for index in range(40)]
    first = write(tmp_path / "a.json", "1", steady=base, wavering=base, gone=base)
    steady, wavering = [value + 0.05 for value in base], [v + (0.5 if i % 2 else -0.48) for i, v in enumerate(base)]
    second = write(tmp_path / "b.json", "2", steady=steady, wavering=wavering)
    found = run_json("compare", first, second)
    rows = found["differences"]
    assert rows["embedder.steady"]["by"] == pytest.approx(0.05)
    assert rows["embedder.steady"]["is_beyond_noise"] is True
    assert rows["embedder.wavering"]["is_beyond_noise"] is False
    assert found["only_in_first"] == ["embedder.gone"]
    assert (found["first"], found["second"]) == (["embedder m 1"], ["embedder m 2"])
    code, out, _ = run("compare", first, second)
    assert code == 0
    assert "embedder m 1" in out


def test_a_run_of_one_command_can_be_put_beside_a_run_of_all(tmp_path: Path) -> None:
    one = write(tmp_path / "a.json", "1", x=[1.0] * 40)
    whole = {"parser": {"model_version": "p", "samples": {}}, "embedder": json.loads((tmp_path / "a.json").read_text())}
    (tmp_path / "all.json").write_text(json.dumps(whole))
    found = run_json("compare", one, str(tmp_path / "all.json"))
    assert list(found["differences"]) == ["embedder.x"]
    assert found["second"] == ["parser p", "embedder m 1"]


def test_runs_with_nothing_in_common_are_refused(tmp_path: Path) -> None:
    one, other = write(tmp_path / "a.json", "1", x=[1.0] * 40), write(tmp_path / "b.json", "1", y=[1.0] * 40)
    code, out, error = run("compare", one, other)
    assert (code, out) == (2, "")
    assert "nothing in common; measure both on the same data" in error


@pytest.mark.parametrize("text", [None, "no json", "[]", "{}", '{"samples": {"x": {"kind": "odd"}}}'])
def test_a_file_that_is_no_run_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "odd.json").write_text(text)
    code, _, error = run("compare", str(tmp_path / "odd.json"), str(tmp_path / "odd.json"))
    assert (code, error.count("\n")) == (2, 1)
    assert "odd.json is no run; give the JSON" in error
