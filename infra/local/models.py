"""The model server as a part of the stack: Ray Serve on this machine."""

import sys

from infra.local.answers import check_answer
from infra.local.files import private_folder, write_private
from infra.local.part import Part
from infra.local.plan import StackPlan
from infra.settings import ModelSettings
from serve_app.config import EMBEDDED

RAY_TOKEN_FILE = "ray.token"  # noqa: S105  the name of a file
START_TIMEOUT_S = 180.0
# Large models read gigabytes of weights and try every part before they are healthy.
LARGE_START_TIMEOUT_S = 900.0
STOP_TIMEOUT_S = 20.0


def models_part(plan: StackPlan) -> Part:
    """Ray with Serve and its dashboard on loopback. Healthy when it lists its models: by then they are warm."""
    token = plan.credentials.model_server_token
    write_private(plan.data_dir / RAY_TOKEN_FILE, plan.credentials.ray_token)
    return Part(
        name="models",
        command=(sys.executable, "-m", "serve_app.main"),
        env={
            "REELWEAR_SERVE_PORT": str(plan.ports["serve"]),
            "REELWEAR_DASHBOARD_PORT": str(plan.ports["dashboard"]),
            "REELWEAR_RAY_DIR": str(private_folder(plan.ray_dir)),
            "REELWEAR_MODEL_SERVER_TOKEN": token,
            # Ray runs whatever code it is sent: nobody without the token may talk to it, not even on this machine.
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(plan.data_dir / RAY_TOKEN_FILE),
        },
        needs=(),
        check=lambda: check_answer(f"{plan.url('serve')}/v1/models", token),
        start_timeout_s=start_timeout_s(plan.settings.models),
        stop_timeout_s=STOP_TIMEOUT_S,
        cwd=plan.data_dir,
    )


def start_timeout_s(models: ModelSettings) -> float:
    """How long the model server may take until it is healthy."""
    named = (models.detector, models.segmenter, models.embedder, models.people)
    return LARGE_START_TIMEOUT_S if any(name not in ("", EMBEDDED) for name in named) else START_TIMEOUT_S
