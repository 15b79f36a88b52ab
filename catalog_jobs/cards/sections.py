"""The parts that every card has: files, how it was made, the recipe."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making
from catalog_jobs.cards.markdown import prose, table

DATA = "../shared/data"


def files_section(making: Making) -> str:
    """Name, size and digest of each file."""
    rows = [(f"`{name}`", f"{entry.size_bytes:,}", f"`{entry.sha256}`") for name, entry in making.files.items()]
    return table(("file", "bytes", "SHA-256"), rows)


def recipe_section(making: Making) -> str:
    """Every setting of the training run, those of the runs before it behind its own."""
    return table(("setting", "value"), list(settings_of(making.recipe)))


def settings_of(recipe: Mapping[str, Any], of_run: str = "", earlier: int = 0) -> Iterator[tuple[str, str]]:
    """Names and values; those of the runs that it went on from, or is the mean of, after its own.

    >>> list(settings_of({"before": {"seed": 7, "before": {"seed": 1}}, "steps": 10}))
    [('steps', '10'), ('run -1: seed', '7'), ('run -2: seed', '1')]
    >>> list(settings_of({"mean of": {"4be7": {"seed": 7}}}))
    [('mean of 4be7: seed', '7')]
    """
    yield from ((f"{of_run}{name}", str(value)) for name, value in recipe.items() if not isinstance(value, Mapping))
    for version, parts in recipe.get("mean of", {}).items():
        if isinstance(parts, Mapping):
            yield from settings_of(parts, f"{of_run}mean of {version}: ")
        else:
            yield f"{of_run}mean of {version}", str(parts)
    if isinstance(recipe.get("before"), Mapping):
        stem = of_run if not earlier else of_run.rpartition("run -")[0]
        yield from settings_of(recipe["before"], f"{stem}run -{earlier + 1}: ", earlier + 1)


def making_section(making: Making, commands: Sequence[str]) -> str:
    """The commands one after another, the commit, and the time."""
    lines = "\n".join(commands)
    said = f"""Commit of the code that trained: `{making.commit}`. Time of the training: {making.trained_on}; on a GPU
    it has not been measured. The seed draws the same batches again; the sums of several threads differ in their last
    digits, and so do the weights."""
    return f"```\n{lines}\n```\n\n{prose(said)}"


def flags_of(recipe: Mapping[str, object], no_flags: Collection[str]) -> str:
    """The settings of a recipe as options of the training. no_flags: what the recipe tells but no option sets.

    >>> flags_of({"garments": 3, "steps": 10, "side_px": 160}, ["garments"])
    '--steps 10 --side-px 160'
    """
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in recipe.items() if name not in no_flags)


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
