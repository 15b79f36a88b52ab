"""Where the model server is wired."""

from ray.serve import Application

from serve_app.config import ServeSettings
from serve_app.deployments import Models
from serve_app.ingress import Ingress
from serve_app.models.families import choose_family


def build_app(settings: ServeSettings) -> Application:
    """The Serve application: the ingress before the models of the chosen family.

    Detector, segmenter and embedder are one deployment: apart they would decode every frame three times and share
    the cores three ways.
    """
    family = choose_family(
        {"detector": settings.detector, "segmenter": settings.segmenter, "embedder": settings.embedder}
    )
    models = Models.options(max_queued_requests=settings.max_queued_requests).bind(family.name, settings)  # type: ignore[attr-defined]
    return Ingress.bind(models, settings)  # type: ignore[attr-defined,no-any-return]
