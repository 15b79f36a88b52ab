"""The embedder of the model server, asked by several requests at once, so that its models are never idle."""

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from catalog_jobs.catalog.indexing.crops import MaskedCrop
from catalog_jobs.catalog.indexing.embedding import EmbedderCard
from catalog_jobs.catalog.indexing.parts import Embedded, Failure
from serve_app.client import ModelClient
from serve_app.contract import Rle, VectorsAnswer, decode_vector, encode_rle
from serve_app.errors import ModelServerError

Input = TypeVar("Input")
Wait = Callable[[float], None]

ATTEMPTS: Final = 9
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 15.0
# A request that has too much for this server's limits goes in halves.
TOO_MUCH: Final = frozenset({"too_many_parts", "too_large"})


class EmbedderOnServer:
    """Safe to use from many threads. A server that is full or being started again is waited for, about a minute."""

    def __init__(self, client: ModelClient, wait: Wait = time.sleep) -> None:
        """Raises ModelServerError where it does not answer."""
        self._client, self._wait = client, wait
        row = next(row for row in client.models().models if row.role == "embedder")
        embedder = f"{row.name}@{row.version}"
        self._card = EmbedderCard(embedder, row.dimension or 0, row.cutoffs, row.words, self._has_texts())

    @property
    def card(self) -> EmbedderCard:
        """What is told of it."""
        return self._card

    def take(self, crop: MaskedCrop) -> tuple[bytes, Rle]:
        """The file as it is, and its mask: the server puts the garment on grey, as it does those of frames."""
        return crop.jpeg, encode_rle(crop.mask > 0)

    def embed_images(self, pictures: Sequence[tuple[bytes, Rle]]) -> list[Embedded]:
        """A unit vector for each cut-out."""
        return self._ask(self._embed_masked, pictures)

    def embed_texts(self, texts: Sequence[str]) -> list[Embedded]:
        """A unit vector for each text."""
        return self._ask(self._client.embed_texts, texts)

    def _embed_masked(self, pictures: Sequence[tuple[bytes, Rle]]) -> VectorsAnswer:
        return self._client.embed_images([data for data, _ in pictures], [mask for _, mask in pictures])

    def _ask(self, ask: Callable[[Sequence[Input]], VectorsAnswer], given: Sequence[Input]) -> list[Embedded]:
        try:
            answer = self._patiently(lambda: ask(given))
        except ModelServerError as fault:
            if fault.code in TOO_MUCH and len(given) > 1:
                middle = len(given) // 2
                return self._ask(ask, given[:middle]) + self._ask(ask, given[middle:])
            if fault.code in TOO_MUCH:
                return [Failure(fault.code, fault.message)]
            raise
        if answer.model != self._card.embedder:
            message = f"the model server runs {answer.model} now, not {self._card.embedder}; run the command again"
            raise ModelServerError("unreachable", message)
        return [_result(*both) for both in zip(answer.vectors, answer.errors, strict=True)]

    def _patiently(self, ask: Callable[[], VectorsAnswer]) -> VectorsAnswer:
        for attempt in range(ATTEMPTS - 1):
            try:
                return ask()
            except ModelServerError as fault:
                if not fault.is_retryable:
                    raise
                longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
                self._wait(fault.retry_after_s or longest)
        return ask()

    def _has_texts(self) -> bool:
        try:
            self._client.embed_texts(["a red dress"])
        except ModelServerError as fault:
            if fault.code != "no_text_embedder":
                raise
            return False
        return True


def _result(vector: str | None, error: object) -> Embedded:
    if vector is not None:
        return decode_vector(vector)
    code, message = getattr(error, "code", "internal"), getattr(error, "message", "the server gave no reason")
    return Failure(code, message)
