"""`make bench`: print every figure that the product is held to, as ratios measured in one run."""

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from tests.benchmarks import pipeline
from tests.benchmarks.bench_catalog import catalog_figures
from tests.benchmarks.bench_catalog_index import index_figures
from tests.benchmarks.bench_catalog_search import search_figures
from tests.benchmarks.bench_video import keyframe_figures
from tests.benchmarks.tables import table
from tests.end_to_end.running import start
from tests.media import NO_REELS, REELS


def main() -> None:
    """Start a stack of its own, measure, print, stop."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stored", type=int, default=1000, help="how many videos count as many")
    options = arguments.parse_args()
    console = Console()
    if not REELS.exists():
        console.print(f"Nothing to measure with: {NO_REELS}")
        return
    reels = sorted(REELS.glob("reel_7_*.mp4"))
    with console.status("shots and keyframes…"):
        figures = list(keyframe_figures(reels))
    with console.status("catalogue: import and fetch…"):
        figures += catalog_figures()
    with tempfile.TemporaryDirectory() as folder, console.status("catalogue: index and search…"):
        figures += index_figures(Path(folder) / "index")
        figures += search_figures(Path(folder) / "search")
    with tempfile.TemporaryDirectory() as folder, console.status("starting a stack…") as status:
        stack = start(Path(folder) / "stack")
        try:
            status.update("reels one by one…")
            figures.append(pipeline.share_of_duration(stack, reels))
            status.update("eight reels at once…")
            figures.append(pipeline.eight_at_once(stack, reels))
            status.update("ten minutes of video…")
            long = pipeline.lengthened(reels[0], Path(folder) / "long.mp4", 600)
            figures += pipeline.memory_of_the_host(stack, reels[2], long)
            status.update(f"{options.stored} videos stored…")
            figures.append(pipeline.one_more(stack, Path(folder), many=options.stored))
        finally:
            stack.reelwear("down", check=False)
    console.print(table(figures))
    if find_spec("torch") is None or find_spec("transformers") is None:
        console.print("Large models were not measured: pip install 'reelwear\\[models]'")
        return
    from tests.benchmarks import bench_models

    console.print(bench_models.quick(console))


if __name__ == "__main__":
    main()
