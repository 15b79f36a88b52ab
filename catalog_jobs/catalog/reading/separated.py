"""Tables as text: values parted by commas, semicolons, tabs or bars."""

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from catalog_jobs.catalog.reading.lines import Tell, read_lines
from catalog_jobs.catalog.reading.rows import (
    MAX_CELL_CHARACTERS,
    MAX_ID_CHARACTERS,
    BadRow,
    Place,
    Row,
    column_key,
)
from infra.errors import ErrorCode, ReelwearError

SEPARATORS = (",", ";", "\t", "|")
# A quotation mark that nobody closed swallows rows: so many times reading begins again behind it.
MAX_RESTARTS = 100
# What is kept of a record at most, to begin again behind its first line.
MAX_QUOTED_CHARACTERS = 16 * 1024**2
# Spreadsheets run a cell that begins so; `exporting` writes this before it.
GUARD = "'"
ID_KEYS = ("id", "productid", "itemid", "handle", "urlhandle")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A header as the file writes it, and what reads its rows from the beginning."""

    name: str
    header: Cells
    rows: Callable[[], Iterator[Row | BadRow]]


def read_table(path: Path, tell: Tell, is_known: Callable[[Collection[str]], int]) -> Table:
    """The table of a file. is_known: how many of a header's keys mean something; the separator that gives most wins.

    Raises what `read_lines` raises, and EMPTY_FILE where there is no header.
    """
    first = next((line for line in _content(read_lines(path, tell)) if line.strip(" \t\r\n,;|")), "")
    header, separator = max(
        ((_split(first, mark), mark) for mark in SEPARATORS), key=lambda one: (is_known(keys_of(one[0])), len(one[0]))
    )
    if not any(header):
        raise ReelwearError(ErrorCode.EMPTY_FILE, f"{path.name} has no header; its first line names the columns")

    def rows() -> Iterator[Row | BadRow]:
        records = _records(path.name, read_lines(path, tell), separator, keys_of(header))
        body = (one for one in records if isinstance(one, BadRow) or not _is_preamble(one[1]))
        next((one for one in body if not isinstance(one, BadRow)), None)
        keys = keys_of(header)
        for one in body:
            yield one if isinstance(one, BadRow) else row_of(one[0], keys, one[1])

    return Table(path.name, header, rows)


def keys_of(header: Cells) -> Cells:
    """The header's names as `column_key` writes them; of a name given twice the first column counts."""
    keys = [column_key(name) for name in header]
    return tuple(key if key not in keys[:place] else "" for place, key in enumerate(keys))


def row_of(place: Place, keys: Cells, cells: Cells) -> Row | BadRow:
    """A row's cells by the header's keys; bad where it has more cells than the header, or one over the limit."""
    if any(cell.strip() for cell in cells[len(keys) :]):
        what = f"it has {len(cells)} cells where the header has {len(keys)}; is a quotation mark missing?"
        return BadRow(place, what, own_id(keys, cells))
    sizes = list(map(len, cells))
    if max(sizes) > MAX_CELL_CHARACTERS:
        longest = sizes.index(max(sizes))
        limit = f"over the limit of {MAX_CELL_CHARACTERS:,}"
        what = f"{keys[longest] or 'a cell'} has {sizes[longest]:,} characters, {limit}"
        return BadRow(place, what, own_id(keys, cells))
    filled = ((key, cell) for key, cell in zip(keys, cells, strict=False) if key and cell and not cell.isspace())
    return Row(place, {key: unguarded(cell) for key, cell in filled})


def own_id(keys: Cells, cells: Cells) -> str:
    """Whose a row is, as far as its cells say."""
    named = dict(zip(keys, cells, strict=False))
    found = next((named[key].strip() for key in ID_KEYS if named.get(key)), "")
    return found if len(found) <= MAX_ID_CHARACTERS else ""


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith(GUARD) and cell[1:2] in FORMULA_STARTS else cell


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs.

    >>> guarded("=1+1"), guarded("Dress")
    ("'=1+1", 'Dress')
    """
    return f"{GUARD}{cell}" if cell.startswith(FORMULA_STARTS) else cell


@dataclass
class _Kept:
    """Lines on their way to the reader, kept from the beginning of its record, so that it can begin again behind it."""

    lines: Iterator[str]
    taken: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken.append(line)
        return line


def _records(name: str, lines: Iterator[str], separator: str, keys: Cells) -> Iterator[tuple[Place, Cells] | BadRow]:
    """Records with the line that each begins on. One that a lost quotation mark spread over lines is bad by itself:
    reading begins again on the line after its first.
    """
    csv.field_size_limit(MAX_QUOTED_CHARACTERS)  # of the whole process; its own of 128 KiB is under what shops write
    kept = _Kept(lines)
    reader = csv.reader(kept, delimiter=separator, strict=True, skipinitialspace=True)
    line, restarts, width = 1, 0, len(keys)
    while True:
        kept.taken.clear()
        problem = ""
        cells: Cells = ()
        try:
            cells = tuple(next(reader))
        except StopIteration:
            return
        except csv.Error as fault:
            problem = f"it cannot be read as a row ({fault}); is a quotation mark missing?"
        place, taken = Place(name, line), len(kept.taken)
        is_spread = taken > 1 and (bool(problem) or any(cell.strip() for cell in cells[width:]))
        owner = own_id(keys, _split(kept.taken[0], separator)) if problem or is_spread else ""
        if is_spread and restarts < MAX_RESTARTS:
            restarts += 1
            spread = f"it has {len(cells)} cells where the header has {width}, and goes on to line {line + taken - 1}; "
            yield BadRow(place, problem or f"{spread}is a quotation mark missing?", owner)
            kept = _Kept(chain(kept.taken[1:], kept.lines))
            reader = csv.reader(kept, delimiter=separator, strict=True, skipinitialspace=True)
            line += 1
            continue
        line += taken
        if problem:
            yield BadRow(place, problem, owner)
        elif any(cells):
            yield place, cells


def _split(line: str, separator: str) -> Cells:
    try:
        return tuple(next(csv.reader([line], delimiter=separator, skipinitialspace=True), ()))
    except csv.Error:
        return ()


def _is_preamble(cells: Cells) -> bool:
    """Excel's own first line `sep=;`, which the separator takes apart."""
    return cells[0].startswith("sep=") and not any(cells[1:])


def _content(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in islice(lines, 100) if not line.startswith("sep="))
