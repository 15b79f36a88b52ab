"""What the base install lacks, asked for by name."""

from importlib.util import find_spec
from typing import Final

from infra.errors import ErrorCode, ReelwearError

PIP_LINE: Final = "pip install 'reelwear[jobs]'"
MODULE_OF: Final = {"matplotlib": "matplotlib", "scikit-learn": "sklearn", "umap-learn": "umap", "SciPy": "scipy"}


def has(package: str) -> bool:
    """Whether a package of MODULE_OF is installed; nothing is imported."""
    return find_spec(MODULE_OF[package]) is not None


def need(package: str, purpose: str) -> None:
    """Raises BAD_SETTING with the pip line where a package is not installed."""
    if not has(package):
        raise ReelwearError(ErrorCode.BAD_SETTING, f"{purpose} needs {package}, which is not installed: {PIP_LINE}")
