"""The host process as a part of the stack: functions, outbox, reconciler, HTTP API and page."""

import sys
from collections.abc import Iterable

from infra.local.answers import check_answer
from infra.local.part import Part
from infra.local.plan import StackPlan

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


def host_part(plan: StackPlan, needs: Iterable[str]) -> Part:
    """The host process. It waits for what stores and carries work, not for the models: uploads queue for those."""
    return Part(
        name="host",
        command=(sys.executable, "-m", "infra.local.host"),
        env={**plan.environment, "REELWEAR_DATA_DIR": str(plan.data_dir)},
        needs=tuple(needs),
        check=lambda: check_answer(f"{plan.url('api')}/healthz"),
        start_timeout_s=START_TIMEOUT_S,
        stop_timeout_s=STOP_TIMEOUT_S,
        cwd=plan.data_dir,
    )
