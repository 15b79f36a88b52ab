"""Imports run one way, and what is light stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("functions", "serve_app", "infra", "catalog_jobs")
HEAVY = ("torch", "transformers", "ray")
LIGHT_IMPORT_S = 6.0


def modules(room: str) -> Iterator[tuple[Path, str]]:
    """Every file of a room with each module that it imports."""
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield path, node.module


def may_import(path: Path, module: str) -> bool:
    """Whether the plan of the house allows one of our files to import one of our modules."""
    parts, (room, *rest) = path.relative_to(ROOT).parts, module.split(".")
    if room not in ROOMS or (room == parts[0] == "infra" and (parts[1] == "local" or rest[:1] != ["local"])):
        return True
    if parts[:2] == ("infra", "local"):
        return True
    if parts[0] == "serve_app":
        return room == "serve_app"
    if parts[0] == "infra":
        return False
    if room == "serve_app":
        return rest[:1] in (["contract"], ["client"], ["errors"]) or parts[0] == "catalog_jobs"
    if room == "infra":
        return rest[:1] != ["local"] or parts[1] in ("cli", "demo")
    if parts[0] == "catalog_jobs" and room == "functions":
        return rest[:1] in (["tagging"], ["matching"])
    return room == parts[0]


def test_imports_run_one_way() -> None:
    crossings = [(path, module) for room in ROOMS for path, module in modules(room)]
    assert len(crossings) > 200
    wrong = [f"{path.relative_to(ROOT)} imports {module}" for path, module in crossings if not may_import(path, module)]
    assert wrong == []


def test_the_pure_code_knows_no_store_and_no_wire() -> None:
    foreign = ("infra.bucket", "infra.bus", "infra.records", "infra.vectors", "httpx", "boto3", "sqlalchemy", "fastapi")
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for room in ("functions/video", "functions/tagging", "functions/matching", "functions/vibes")
        for path, module in modules(room)
        if module.startswith(foreign)
    ]
    assert wrong == []


@pytest.mark.parametrize("function", ["split_video", "tag_video", "read_vibe", "publish_result", "remove_video"])
def test_a_function_loads_nothing_heavy_and_is_quick(function: str) -> None:
    program = (
        "import sys, time; began = time.perf_counter(); "
        f"import functions.{function}; "
        f"print([name for name in {HEAVY} if name in sys.modules], time.perf_counter() - began)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded, seconds = done.stdout.rsplit(maxsplit=1)
    assert loaded == "[]"
    assert float(seconds) < LIGHT_IMPORT_S
