"""The embedder in this process gives a picture one vector, whatever is embedded beside it."""

import numpy as np
import pytest

from catalog_jobs.catalog.indexing.embedding import embed_batch
from catalog_jobs.catalog.indexing.here import EmbedderHere, ModelChoice
from catalog_jobs.catalog.indexing.parts import Failure, Vector
from infra.errors import ErrorCode, ReelwearError
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.indexing.test_crops import photo


def vectors(embedder: EmbedderHere, pictures: list[Image]) -> list[bytes]:
    found = embedder.embed_images(pictures)
    assert not any(isinstance(one, Failure) for one in found)
    return [one.tobytes() for one in found if not isinstance(one, Failure)]


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(embedder: EmbedderHere) -> None:
    pictures = [photo(120 + 8 * seed, 96, seed) for seed in range(7)]
    together = vectors(embedder, pictures)
    assert together == [one for picture in pictures for one in vectors(embedder, [picture])]
    assert together == vectors(embedder, pictures[::-1])[::-1]


def test_a_batch_of_both_kinds_keeps_its_order_and_its_failures(embedder: EmbedderHere) -> None:
    broken = Failure("damaged", "no picture")
    batch: list[Image | str | Failure] = ["a red dress", photo(96, 96), broken, "blue shoes"]
    results = embed_batch(embedder, batch)
    assert results[2] is broken
    words, _, _, shoes = results
    (alone,) = embedder.embed_texts(["a red dress"])
    assert np.array_equal(as_vector(words), as_vector(alone))
    assert not np.array_equal(as_vector(words), as_vector(shoes))


def as_vector(one: Vector | Failure) -> Vector:
    assert not isinstance(one, Failure)
    return one


def test_the_card_tells_what_its_cosines_mean(embedder: EmbedderHere) -> None:
    card = embedder.card
    assert card.embedder.startswith("reelwear-image-text@") and card.has_texts
    assert set(card.fit) == {"cutoffs", "words"}
    assert card.cutoffs["default"].model_dump() == card.fit["cutoffs"]["default"]  # type: ignore[index]


@pytest.mark.parametrize("where", ["no-such-model", "./no/such/folder"])
def test_an_embedder_that_is_none_is_told(where: str) -> None:
    pytest.importorskip("torch", reason="large embedders need it: pip install 'reelwear[models]'")
    with pytest.raises(ReelwearError) as fault:
        ModelChoice(where, 1, 4).load()
    assert fault.value.code is ErrorCode.BAD_SETTING and where.strip("./") in fault.value.message
