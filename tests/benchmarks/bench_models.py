"""The model server with large models under load, held against a bare loop of the same models, the way of the projects
before this one, and what the device's arithmetic allows. Weights are random: they measure speed alone.

    python -m tests.benchmarks.bench_models                  on a GPU, at the models' own sizes
    python -m tests.benchmarks.bench_models --size reduced   on two cores, in some minutes
"""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Final

import torch
from rich.console import Console
from rich.table import Table

from tests.benchmarks.models.baselines import BareLoop, SeedsWay, fps_of
from tests.benchmarks.models.keyframes import keyframe_jpegs
from tests.benchmarks.models.load import put_under_load, running_server
from tests.benchmarks.models.random_models import write_models
from tests.benchmarks.models.sizes import FULL, REDUCED, SIZES, Size
from tests.benchmarks.models.table import Machine, Measured, Turn, drawn, rows_of

CLIENTS: Final = (1, 8, 64)
RUNS: Final = 3
QUICK_S: Final = 15.0
N_KEYFRAMES: Final = 32
PACKAGES: Final = ("torch", "transformers", "ray")


def main() -> None:
    """Measure, print the table, and write it and the raw measurements where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default=FULL.name)
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="numbers of clients, one after another")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each measurement, over all runs")
    parser.add_argument("--runs", type=int, default=RUNS, help="rounds into which the seconds are split")
    parser.add_argument("--json", type=Path, help="file for rows and raw measurements")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1")
    options = parser.parse_args()
    console = Console()
    measured = measure(SIZES[options.size], options.clients, options.seconds, options.runs, options.device, console)
    console.print(drawn(measured))
    if options.json:
        document = {"rows": [asdict(row) for row in rows_of(measured)], "measured": asdict(measured)}
        options.json.write_text(json.dumps(document, indent=1), "utf-8")


def quick(console: Console) -> Table:
    """The table of some seconds a figure, at full size where there is a GPU."""
    size = FULL if torch.cuda.is_available() else REDUCED
    return drawn(measure(size, CLIENTS[:2], QUICK_S, RUNS, "auto", console))


def measure(
    size: Size, clients: Sequence[int], seconds: float, runs: int, device_name: str, console: Console
) -> Measured:
    """Server and baselines in turns, so that all meet the same load of the machine; each is warm before."""
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device_name == "auto" else device_name)
    jpegs = keyframe_jpegs(N_KEYFRAMES, size.frame_wh)
    with tempfile.TemporaryDirectory() as folder, console.status("random models…") as status:
        folders = write_models(size, Path(folder))
        status.update("the baselines…")
        bare = BareLoop.load(folders, str(device), jpegs, size.frames_a_batch)
        seeds = SeedsWay.load(folders, device, jpegs)
        bare.look(0)
        seeds.look(0)
        status.update("starting the server…")
        with running_server(folders, str(device), max(clients)) as url:
            turns = []
            share_s = seconds / runs
            put_under_load(url, jpegs, size.frames_a_request, max(clients), share_s / 2)
            for run in range(runs):
                loads = []
                for n_clients in clients:
                    status.update(f"run {run + 1} of {runs}: {n_clients} clients…")
                    loads.append(put_under_load(url, jpegs, size.frames_a_request, n_clients, share_s))
                status.update(f"run {run + 1} of {runs}: the bare loop…")
                bare_fps = fps_of(bare.look, share_s)
                status.update(f"run {run + 1} of {runs}: the seeds' way…")
                turns.append(Turn(tuple(loads), bare_fps, fps_of(seeds.look, share_s)))
    return Measured(size.name, machine_of(device), size.keyframe_flop, tuple(turns))


def machine_of(device: torch.device) -> Machine:
    """What the models ran on, by its own name."""
    versions = {package: version(package) for package in PACKAGES}
    if device.type == "cuda":
        return Machine(torch.cuda.get_device_name(device), True, versions)
    return Machine(f"{len(os.sched_getaffinity(0))} cores", False, versions)


if __name__ == "__main__":
    main()
