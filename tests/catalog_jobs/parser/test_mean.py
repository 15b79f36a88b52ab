"""The mean of trainings' weights."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the mean needs torch: pip install 'reelwear[models]'")

from catalog_jobs.parser.mean import main, mean_of  # noqa: E402
from catalog_jobs.parser.network import GarmentParser  # noqa: E402

torch.set_num_threads(1)


def training(folder: Path, seed: int, without: str = "nothing") -> Path:
    """Weights and recipe as a training leaves them."""
    torch.manual_seed(seed)
    folder.mkdir()
    state = {name: value for name, value in GarmentParser(3).state_dict().items() if not name.startswith(without)}
    torch.save(state, folder / "parser.pt")
    (folder / "recipe.json").write_text(json.dumps({"photos": 10 + seed, "seed": seed}))
    return folder / "parser.pt"


def test_weights_are_averaged_and_the_recipes_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [training(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 2))]
    main(["--weights", *map(str, files), "--out", str(tmp_path / "mean")])
    mean = torch.load(tmp_path / "mean" / "parser.pt")
    one, other = (torch.load(file)["classify.weight"] for file in files)
    assert torch.allclose(mean["classify.weight"], (one + other) / 2)
    GarmentParser(3).load_state_dict(mean)
    recipe = json.loads((tmp_path / "mean" / "recipe.json").read_text())
    assert recipe["photos"] == 12
    assert [made["seed"] for made in recipe["mean of"].values()] == [1, 2]
    assert json.loads(capsys.readouterr().out)["trainings"] == 2


def test_what_an_earlier_network_lacks_is_that_of_the_first(tmp_path: Path) -> None:
    files = [training(tmp_path / "a", 1), training(tmp_path / "b", 2, without="regions")]
    main(["--weights", *map(str, files), "--out", str(tmp_path / "mean")])
    mean, first = torch.load(tmp_path / "mean" / "parser.pt"), torch.load(files[0])
    GarmentParser(3).load_state_dict(mean)
    assert torch.equal(mean["regions.key.weight"], first["regions.key.weight"])
    assert not torch.equal(mean["classify.weight"], first["classify.weight"])


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="weights 2 do not fit those before them, at a"):
        mean_of([{"a": torch.ones(2)}, {"a": torch.ones(3)}])
    with pytest.raises(ValueError, match="at b"):
        mean_of([{"a": torch.ones(2)}, {"a": torch.ones(2), "b": torch.ones(1)}])
    torch.save({"other": torch.ones(1)}, tmp_path / "other.pt")
    with pytest.raises(SystemExit):
        main(["--weights", str(tmp_path / "other.pt"), "--out", str(tmp_path / "mean")])
    assert "other.pt holds no garment parser" in capsys.readouterr().err
