"""The command `compare`: how two runs differ, on what both measured, and which differences are beyond noise."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import JsonValue, TypeAdapter, ValidationError
from rich.table import Table

from catalog_jobs.evaluate import options
from catalog_jobs.evaluate.console import refusing, show
from catalog_jobs.evaluate.measures.bootstrap import Difference, difference
from catalog_jobs.evaluate.measures.samples import Samples

SECTIONS: Final = ("parser", "embedder", "matching")
SAMPLES: Final = TypeAdapter(dict[str, Samples])

app = typer.Typer()


@dataclass(frozen=True)
class Run:
    """A file that another command wrote: which models it measured, and its samples by section and name."""

    models: tuple[str, ...]
    samples: Mapping[str, Samples]


@app.command("compare")
def command(
    first: Annotated[Path, typer.Argument(help="JSON of a run.")],
    second: Annotated[Path, typer.Argument(help="JSON of another run, on the same data.")],
    as_json: options.AsJson = False,
) -> None:
    """Differences of two runs (the second less the first) with 95 % intervals, both resampled alike."""
    with refusing():
        one, other = read_run(first), read_run(second)
        found = differences(one, other)
        if not found:
            raise ValueError(f"{first} and {second} measured nothing in common; measure both on the same data")
    if as_json:
        print(json.dumps(as_document(one, other, found)))
    else:
        show(differences_table(one, other, found))


def read_run(file: Path) -> Run:
    """The samples of a run; raises ValueError for a file that no other command wrote."""
    try:
        document: dict[str, JsonValue] = json.loads(file.read_text("utf-8"))
        sections: dict[str, JsonValue] = {name: document[name] for name in SECTIONS if name in document}
        if not sections:
            sections = {str(document.get("kind", "parser")): document}
        read = {
            f"{section}.{name}": samples
            for section, part in sections.items()
            if isinstance(part, dict)
            for name, samples in SAMPLES.validate_python(part["samples"]).items()
        }
        models = tuple(f"{section} {version_of(part)}" for section, part in sections.items())
    except (OSError, ValueError, KeyError, AttributeError, ValidationError) as error:
        raise ValueError(f"{file} is no run; give the JSON that `evaluate … --json` printed") from error
    return Run(models, read)


def version_of(part: JsonValue) -> str:
    """The version of the model that a section measured."""
    if isinstance(part, dict) and isinstance(part.get("model"), dict):
        model = part["model"]
        return f"{model['name']} {model['version']}" if isinstance(model, dict) else ""
    return str(part.get("model_version", "")) if isinstance(part, dict) else ""


def differences(one: Run, other: Run) -> dict[str, Difference]:
    """What both measured on shared photos, queries or reels, by name."""
    found = {
        name: difference(samples, other.samples[name])
        for name, samples in one.samples.items()
        if name in other.samples and other.samples[name].kind == samples.kind
    }
    return {name: row for name, row in found.items() if row is not None}


def as_document(one: Run, other: Run, found: Mapping[str, Difference]) -> dict[str, object]:
    """The comparison as plain JSON."""
    return {
        "first": list(one.models),
        "second": list(other.models),
        "differences": {name: {**asdict(row), "is_beyond_noise": row.is_beyond_noise} for name, row in found.items()},
        "only_in_first": sorted(set(one.samples) - set(other.samples)),
        "only_in_second": sorted(set(other.samples) - set(one.samples)),
    }


def differences_table(one: Run, other: Run, found: Mapping[str, Difference]) -> Table:
    """The comparison for people."""
    by_chance = 0.05 * len(found)
    table = Table(
        "measure", "first", "second", "difference", "95 % interval", "over", "beyond noise",
        title=f"{', '.join(one.models)}  →  {', '.join(other.models)}",
        caption=f"Of {len(found)} differences about {by_chance:.0f} would be beyond noise by chance alone.",
    )  # fmt: skip
    table.columns[0].overflow = "fold"
    for name, row in found.items():
        verdict = "" if not row.is_beyond_noise else "yes, up" if row.by > 0 else "yes, down"
        table.add_row(
            name,
            f"{row.first:.3f}",
            f"{row.second:.3f}",
            f"{row.by:+.3f}",
            f"{row.low:+.3f} to {row.high:+.3f}",
            f"{row.n} × {row.unit}",
            verdict,
        )
    return table
