"""The embedder of the settings in this process, for searches while no model server runs."""

from collections.abc import Sequence
from functools import cached_property

from catalog_jobs.catalog.indexing.here import EmbedderHere, ModelChoice
from catalog_jobs.catalog.indexing.parts import Embedded, Failure
from functions.model_calls import PASSED_ON
from functions.search.meaning import Meaning
from infra.errors import ErrorCode, ReelwearError
from infra.settings import ModelSettings
from serve_app.config import ServeSettings
from serve_app.contract import Vector
from serve_app.errors import ModelServerError
from serve_app.models.pictures import read_picture


class SearchEmbedderHere:
    """Loads the model when it is first asked. Its vectors are those that the model server gives."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    @cached_property
    def _model(self) -> EmbedderHere:
        return ModelChoice(self._settings.embedder, self._settings.model_threads, batch=1).load()

    def meaning(self) -> Meaning:
        """Which embedder it is, and what its cosines mean. Raises BAD_SETTING where it cannot be loaded."""
        card = self._model.card
        return Meaning(card.embedder, card.cutoffs, card.words)

    def words(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector of each text. Raises NO_TEXT_EMBEDDER."""
        return [_vector(one) for one in self._model.embed_texts(texts)]

    def picture(self, data: bytes) -> Vector:
        """The unit vector of a JPEG or PNG. Raises BAD_IMAGE or TOO_MANY_PIXELS."""
        try:
            pixels = read_picture(data, ServeSettings().max_picture_pixels)
        except ModelServerError as fault:
            raise _named(fault.code, fault.message) from fault
        return _vector(self._model.embed_images([pixels])[0])


def _vector(one: Embedded) -> Vector:
    if isinstance(one, Failure):
        raise _named(one.reason, one.message)
    return one


def _named(code: str, message: str) -> ReelwearError:
    return ReelwearError(PASSED_ON.get(code, ErrorCode.MODEL_REFUSED), message)
