"""What turns pictures and words into vectors, and the one way in which a batch of both goes through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from catalog_jobs.catalog.indexing.crops import MaskedCrop, read_crop
from catalog_jobs.catalog.indexing.parts import Embedded, Failure, Part
from serve_app.contract import Cutoffs, WordFit

# A cut-out as an embedder is given it.
Picture = TypeVar("Picture")


@dataclass(frozen=True)
class EmbedderCard:
    """What is told of an embedder. embedder: name@version. cutoffs, words: what its cosines mean, empty and None where
    nothing was fitted. has_texts: whether it can embed words.
    """

    embedder: str
    dimension: int
    cutoffs: Mapping[str, Cutoffs]
    words: WordFit | None
    has_texts: bool

    @property
    def fit(self) -> dict[str, object]:
        """As the records keep it."""
        cutoffs = {kind: told.model_dump() for kind, told in self.cutoffs.items()}
        return {"cutoffs": cutoffs, "words": self.words.model_dump() if self.words else None}


class Embedder(Protocol[Picture]):
    """An embedder wherever it runs. As many results as inputs, in their order; one that is bad fails alone.

    Safe to use from many threads. Raises ModelServerError where it cannot go on.
    """

    @property
    def card(self) -> EmbedderCard: ...

    def take(self, crop: MaskedCrop) -> Picture | Failure:
        """A cut-out as this embedder is given it; done ahead of it, beside others."""
        ...

    def embed_images(self, pictures: Sequence[Picture]) -> Sequence[Embedded]:
        """A unit vector for each garment, or why there is none."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Sequence[Embedded]:
        """A unit vector for each text, or why there is none."""
        ...


def read_part(embedder: Embedder[Picture], part: Part) -> Picture | str | Failure:
    """What an embedder is given of a part: its words, or its cut-out; or why there is nothing."""
    if part.box_path is None:
        return part.words
    crop = read_crop(part.box_path)
    return crop if isinstance(crop, Failure) else embedder.take(crop)


def embed_batch(embedder: Embedder[Picture], batch: Sequence[Picture | str | Failure]) -> list[Embedded]:
    """A vector for each picture or text of a batch; a failure among them stands for itself."""
    texts = [one for one in batch if isinstance(one, str)]
    pictures = [one for one in batch if not isinstance(one, str | Failure)]
    of_texts = iter(embedder.embed_texts(texts) if texts else ())
    of_pictures = iter(embedder.embed_images(pictures) if pictures else ())
    return [
        one if isinstance(one, Failure) else next(of_texts if isinstance(one, str) else of_pictures) for one in batch
    ]
