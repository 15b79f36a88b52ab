"""The demo: start the stack in a scratch folder, drop a reel, show and search it, match it with a shop, stop;
`python -m functions.demo`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from functions.cli.answers import print_document, print_dropped, write_report
from functions.cli.client import HostClient
from functions.cli.drop import drop_files
from functions.cli.exits import ExitCode, run
from functions.cli.hits import print_found
from functions.demo.reel import CAPTION, make_reel, photo_shown
from functions.search.answers import SearchHit
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings

FREE_PORTS = {f"REELWEAR_{part}_PORT": "0" for part in ("API", "S3", "NATS", "SERVE", "DASHBOARD")}
REPORT = Path("reelwear-demo.html")
SUIT = "orange suit"

app = typer.Typer(pretty_exceptions_enable=False)
console = Console(stderr=True, highlight=False)


@app.command()
def demo(
    video: Annotated[Path | None, typer.Option(help="A video of your own instead of the reel made here.")] = None,
    report: Annotated[Path, typer.Option(help="Where the page of the result goes.")] = REPORT,
) -> None:
    """Start the stack in a scratch folder, drop a reel, print what is worn in it, search it, match it, write its page,
    stop.
    """
    began = time.monotonic()
    if video and not video.is_file():
        raise ReelwearError(ErrorCode.NOT_FOUND, f"{video} does not exist; give VIDEO the path of a video or a picture")
    scratch = Path(tempfile.mkdtemp(prefix="reelwear-demo-"))
    try:
        path = video or _made_reel(scratch)
        with drawn_shop(scratch / "shop") as shop, running_stack(scratch / "data") as settings:
            dropped = drop_files(settings, [path], caption=None if video else CAPTION, is_forced=video is not None)
            print_dropped(dropped, is_json=False)
            if document := dropped[0].document:
                with HostClient.from_settings(settings) as client:
                    if not video:
                        show_search(client)
                    show_matches(client, document.video_id, shop, scratch / "data")
                    write_report(client, client.video(document.video_id), report)
                console.print(f"report  {report.resolve()}", soft_wrap=True, markup=False)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    console.print(f"The whole way took {time.monotonic() - began:.1f} s.")
    if dropped[0].is_failed:
        raise typer.Exit(ExitCode.FAILED)


def show_search(client: HostClient) -> None:
    """Search the reel for the astronaut's suit, print what was found, and say whether it is that."""
    fields = {"text": SUIT}
    console.print(f'reelwear search --text "{SUIT}"', style="bold")
    try:
        found = client.search_items(fields)
    except ReelwearError as error:
        if error.code is not ErrorCode.NO_TEXT_EMBEDDER:
            raise
        console.print(f"No search by words: {error.message}", markup=False)
        return
    print_found(found, fields, videos=1, is_json=False)
    is_suit = bool(found.hits) and photo_shown(times(found.hits[0])) == "astronaut"
    console.print("Found: the astronaut's." if is_suit else "The astronaut's suit should have come first; it did not.")


def show_matches(client: HostClient, video_id: str, shop: "DrawnShop", data_dir: Path) -> None:
    """Bring the drawn shop in, and print what is worn in the reel again, now with the products that come nearest."""
    console.print("reelwear catalog load products.csv --images images.csv", style="bold")
    console.print("A shop of drawn garments: imported, cut out, embedded, and what the reel shows matched with it.")
    files = (str(shop.products()), "--images", str(shop.images))
    if _reelwear("catalog", "load", *files, data_dir=data_dir, environment=_environment()):
        raise ReelwearError(ErrorCode.PART_FAILED, "the shop was not brought in; what was said stands above")
    print_document(client.video(video_id), is_json=False, report=None)
    console.print("The last column is the product that comes nearest; none: it comes near, but not near enough.")


def times(hit: SearchHit) -> list[tuple[float, float]]:
    """When a garment is worn, in seconds."""
    return [(segment.start_s, segment.end_s) for segment in hit.segments]


@dataclass
class DrawnShop:
    """The sample catalogue, drawn by a process beside this one."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def images(self) -> Path:
        """The table of its pictures."""
        return self.folder / "images.csv"

    def products(self) -> Path:
        """The table of its products, once it is drawn; raises PART_FAILED."""
        if self.process.wait():
            raise ReelwearError(ErrorCode.PART_FAILED, f"the shop could not be drawn in {self.folder}")
        return self.folder / "products.csv"


@contextmanager
def drawn_shop(folder: Path) -> Iterator[DrawnShop]:
    """Begin to draw the sample catalogue; the process ends with the block."""
    command = ["nice", sys.executable, "-m", "infra.local.cli", "catalog", "draw", "--out", str(folder), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield DrawnShop(folder, process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_stack(data_dir: Path) -> Iterator[Settings]:
    """A stack on free ports over an empty folder, stopped at the end whatever happens; raises PART_FAILED."""
    environment = _environment()
    try:
        if _reelwear("up", "--detach", data_dir=data_dir, environment=environment):
            raise ReelwearError(ErrorCode.PART_FAILED, "the stack did not start; what it said stands above")
        yield Settings.load(data_dir)
    finally:
        _reelwear("down", data_dir=data_dir, environment=environment)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("REELWEAR_")} | FREE_PORTS


def _reelwear(*words: str, data_dir: Path, environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "infra.local.cli", *words, "--data", str(data_dir)]
    return subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode


def _made_reel(folder: Path) -> Path:
    path = folder / "demo.mp4"
    length_s = make_reel(path)
    console.print(f"Made a reel of {length_s:.1f} s of two public-domain photographs.")
    return path


if __name__ == "__main__":
    raise SystemExit(run(app))
