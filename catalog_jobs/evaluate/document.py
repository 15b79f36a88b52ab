"""What a measurement leaves: one JSON document, of parts that each measured one thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from catalog_jobs.evaluate.embedders import Embedder
from catalog_jobs.evaluate.measures.bootstrap import Interval, interval
from catalog_jobs.evaluate.measures.reliability import Bin
from catalog_jobs.evaluate.measures.samples import Samples

Kind = Literal["embedder", "matching", "products", "attributes", "detector"]


@dataclass(frozen=True)
class Part:
    """What one measurement found. samples: by the name of the measure. details: what the plots and readers need."""

    samples: Mapping[str, Samples] = field(default_factory=dict)
    details: Mapping[str, JsonValue] = field(default_factory=dict)


class ModelFacts(BaseModel):
    """Which model was measured. spec: as it was named on the command line. dimension: of an embedder's vectors."""

    model_config = ConfigDict(frozen=True)
    spec: str
    name: str
    version: str
    dimension: int | None
    threads: int


class Document(BaseModel):
    """The answer of one command. samples: what `compare` resamples, by the names of the measures."""

    model_config = ConfigDict(frozen=True)
    kind: Kind
    model: ModelFacts
    data: dict[str, JsonValue]
    measures: dict[str, Interval]
    details: dict[str, JsonValue]
    samples: dict[str, Samples]


def facts_of(spec: str, embedder: Embedder, threads: int) -> ModelFacts:
    """Which model was measured."""
    return ModelFacts(
        spec=spec, name=embedder.name, version=embedder.version, dimension=embedder.dimension, threads=threads
    )


def build_document(kind: Kind, model: ModelFacts, data: Mapping[str, JsonValue], parts: Iterable[Part]) -> Document:
    """The parts as one document, each measure with its interval."""
    samples: dict[str, Samples] = {}
    details: dict[str, JsonValue] = {}
    for part in parts:
        samples |= part.samples
        details |= part.details
    measures = {name: interval(values) for name, values in samples.items()}
    return Document(kind=kind, model=model, data=dict(data), measures=measures, details=details, samples=samples)


def bins_as_json(bins: Sequence[Bin]) -> list[JsonValue]:
    """Bins as rows of plain numbers."""
    return [asdict(row) for row in bins]
