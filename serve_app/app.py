"""Where the model server is wired."""

from ray.serve import Application

from serve_app.config import ServeSettings
from serve_app.deployments import Models
from serve_app.ingress import Ingress
from serve_app.models.families import check_choice


def build_app(settings: ServeSettings) -> Application:
    """The Serve application: the ingress before the models that settings name; raises `bad_setting`.

    Detector, segmenter and embedder are one deployment: apart they would decode every frame three times, carry it
    from process to process, and share the cores three ways.
    """
    check_choice(settings)
    models = Models.options(  # type: ignore[attr-defined]
        max_queued_requests=settings.max_queued_requests, **replicas_of(settings)
    ).bind(settings)
    return Ingress.bind(models, settings)  # type: ignore[attr-defined,no-any-return]


def replicas_of(settings: ServeSettings) -> dict[str, object]:
    """How many copies of the models run, and what each takes of the GPUs."""
    options: dict[str, object] = {"num_replicas": settings.model_replicas}
    if settings.max_model_replicas > settings.model_replicas:
        options = {
            "autoscaling_config": {
                "min_replicas": settings.model_replicas,
                "max_replicas": settings.max_model_replicas,
                "target_ongoing_requests": settings.target_ongoing_requests,
            }
        }
    gpus = settings.gpus_per_replica if settings.uses_gpu else 0
    return {**options, "ray_actor_options": {"num_cpus": 0, "num_gpus": gpus}}
