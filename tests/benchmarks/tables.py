"""Figures as people read them."""

import psutil
from rich.table import Table

from tests.benchmarks.pipeline import Figure


def table(figures: list[Figure]) -> Table:
    """The figures, one a row, with the machine they were measured on."""
    machine = f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    drawn = Table(title=f"Reelwear on {machine}", title_justify="left")
    for name in ("figure", "measured", "to reach", "", "detail"):
        drawn.add_column(name, justify="right" if name in ("measured", "to reach") else "left")
    for figure in figures:
        mark = "[green]yes[/]" if figure.is_reached else "[red]no[/]"
        drawn.add_row(figure.name, f"{figure.value:.3f}", figure.target, mark, figure.detail)
    return drawn
