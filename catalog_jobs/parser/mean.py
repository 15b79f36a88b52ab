"""The mean of several trainings' weights: `python -m catalog_jobs.parser.mean --weights A.pt B.pt --out DIR`.

Trainings that went on from common weights lie in one valley, and between them the network errs less than each of them
does (model soups, Wortsman 2022). What an earlier network lacks is taken from the first of the trainings.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from catalog_jobs.graphs import version_of
from catalog_jobs.parser.network import GarmentParser
from catalog_jobs.parser.restore import go_on
from catalog_jobs.parser.train import RECIPE_FILE, earlier_recipe

State = dict[str, Tensor]


def mean_of(states: Sequence[State]) -> State:
    """The mean of weights and of statistics; whole numbers are those of the first.

    Raises ValueError where one has other weights than the first, or of another shape.
    """
    first, *others = states
    for number, state in enumerate(others, 2):
        odd = [name for name, value in first.items() if name not in state or state[name].shape != value.shape]
        if odd or len(state) != len(first):
            told = odd[0] if odd else next(name for name in state if name not in first)
            raise ValueError(f"weights {number} do not fit those before them, at {told}")
    return {
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in first.items()
    }


def read(weights: Path) -> State:
    """A training's weights; raises ValueError for a file that is none."""
    state: State = torch.load(weights, map_location="cpu", weights_only=True)
    if "classify.weight" not in state:
        raise ValueError(f"{weights} holds no garment parser; give parser.pt of catalog_jobs.parser.train")
    return state


def widened(state: State, first: State) -> State:
    """A training's weights in the network as it is now, with those of the first where it had none.

    Raises RuntimeError where the first are not of the network as it is now.
    """
    network = GarmentParser(len(first["classify.weight"]))
    network.load_state_dict(first)
    go_on(network, state)
    return dict(network.state_dict())


def described(weights: Sequence[Path]) -> dict[str, object]:
    """The recipe of the mean: that of each training by its version, and what the card tells of the photos."""
    recipes = {version_of(file): earlier_recipe(file) for file in weights}
    shared = [recipe for recipe in recipes.values() if isinstance(recipe, dict)]
    photos = {
        name: max(recipe[name] for recipe in shared if name in recipe)
        for name in ("photos", "tagged photos")
        if any(name in recipe for recipe in shared)
    }
    return {**photos, "mean of": recipes}


def main(argv: Sequence[str] | None = None) -> None:
    """Read the arguments and write parser.pt and recipe.json."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, nargs="+", required=True, help="parser.pt of trainings")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the mean's parser.pt and recipe.json")
    options = arguments.parse_args(argv)
    try:
        states = [read(file) for file in options.weights]
        mean = mean_of([widened(state, states[0]) for state in states])
    except (OSError, ValueError, RuntimeError) as fault:
        arguments.error(str(fault))
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(mean, options.out / "parser.pt")
    (options.out / RECIPE_FILE).write_text(json.dumps(described(options.weights), indent=1))
    print(json.dumps({"version": version_of(options.out / "parser.pt"), "trainings": len(options.weights)}))


if __name__ == "__main__":
    main()
