import numpy as np
import pytest

from catalog_jobs.evaluate.embedders import embed_texts_if_any, load_embedder
from serve_app.errors import ModelServerError
from tests.catalog_jobs.evaluate.stand_in import StandIn, WordlessHandler, served


def test_vectors_come_over_the_wire_as_they_were_made() -> None:
    pictures = [np.full((30, 20 + i, 3), (5 * i, 90, 200), np.uint8) for i in range(20)]
    with served() as url:
        embedder = load_embedder(f"server:{url}")
        assert (embedder.name, embedder.version, embedder.dimension) == ("stand-in", "1", StandIn.dimension)
        assert (embedder.words, embedder.cutoffs, embedder.class_scale) == (StandIn.words, StandIn.cutoffs, 8.0)
        assert embedder.embed_images(pictures) == pytest.approx(StandIn().embed_images(pictures), abs=2e-3)
        texts = ["a red dress", "something blue"]
        assert embedder.embed_texts(texts) == pytest.approx(StandIn().embed_texts(texts), abs=2e-3)
        assert embedder.embed_images([]).shape == (0, StandIn.dimension)


def test_a_server_without_a_text_tower_embeds_no_texts() -> None:
    with served(WordlessHandler) as url:
        assert embed_texts_if_any(load_embedder(f"server:{url}"), ["a dress"]) is None


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelServerError, match=r"127\.0\.0\.1:9.* cannot be reached"):
        load_embedder("server:http://127.0.0.1:9")
