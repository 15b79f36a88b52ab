"""The parts that every card has: files, how it was made, the recipe."""

from collections.abc import Mapping, Sequence

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import table

DATA = "../shared/data"


def files_section(making: Making) -> str:
    """Name, size and digest of each file."""
    rows = [(f"`{name}`", f"{entry.size_bytes / 1e6:.2f} MB", f"`{entry.sha256}`") for name, entry in making.files.items()]
    return table(("file", "size", "SHA-256"), rows)


def recipe_section(making: Making) -> str:
    """Every setting of the training run."""
    return table(("setting", "value"), [(name, str(value)) for name, value in making.recipe.items()])


def making_section(making: Making, commands: Sequence[str]) -> str:
    """The commands one after another, the commit, and the time."""
    lines = "\n".join(commands)
    return f"""\
```
{lines}
```

Commit of the code that trained: `{making.commit}`. Time of the training: {making.trained_on}; on a GPU it has not been
measured. The same seed and the same data give the same figures within their intervals."""


def flags_of(recipe: Mapping[str, object], names: Sequence[str]) -> str:
    """Those settings of a recipe that the training takes as options.

    >>> flags_of({"steps": 10, "side_px": 160, "garments": 3}, ["steps", "side_px", "seed"])
    '--steps 10 --side-px 160'
    """
    return " ".join(f"--{name.replace('_', '-')} {recipe[name]}" for name in names if name in recipe)


def evaluation_command(evaluation: Evaluation) -> str:
    """The command that measures again what the evaluation holds, as far as it tells."""
    options = [data_options(evaluation)]
    if evaluation.parser and evaluation.parser.negatives:
        options.append(f"--negatives NEGATIVES --min-score {evaluation.parser.negatives.min_score}")
    if evaluation.embedder:
        instance = evaluation.embedder.details.get("instance")
        if isinstance(instance, dict):
            options.append(f"--distractors {instance['distractors']} --seed {instance['seed']}")
        if evaluation.embedder.model.spec != "embedded":
            options.append(f"--embedder {evaluation.embedder.model.spec}")
    return f"python -m catalog_jobs.evaluate all {' '.join(options)} --out docs/evaluation"


def data_options(evaluation: Evaluation) -> str:
    """Which photos were measured on."""
    document = evaluation.embedder or evaluation.matching
    if document is None or document.data.get("is_held_out_part"):
        return f"--data {DATA}"
    return "--photos PHOTOS --masks MASKS --labels LABELS --groups GROUPS"
