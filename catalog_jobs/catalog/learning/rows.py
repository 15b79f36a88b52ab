"""The table that prompts are kept in: one row a cut-out, as CSV."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.learning.sides import Side, kin_of, side_of
from catalog_jobs.catalog.reading.separated import guarded, unguarded
from infra.errors import ErrorCode, ReelwearError

# The first seven are those of the field; the others say what the text claims, and on which side of the split it lies.
COLUMNS: Final = (
    "id", "image_path", "label", "color", "text", "image_url", "bbox", "score", "group", "says", "facts", "split",
)  # fmt: skip
NEEDED: Final = ("id", "image_path", "text")
MOST_CELL_CHARACTERS: Final = 1 << 20


@dataclass(frozen=True)
class PromptRow:
    """A cut-out and its caption.

    label: type of the garment. group: of variants, empty where there is none. says: the names in `facts` of what the
    text claims; where nobody wrote them down, the text claims itself. bbox: x0, y0, x1, y1 in the whole picture.
    """

    product_id: str
    image_path: Path
    label: str
    text: str
    split: Side
    color: str = ""
    image_url: str = ""
    bbox: tuple[float, ...] = ()
    score: float | None = None
    group: str = ""
    says: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def kin(self) -> str:
        """What it shares with the variants of its product."""
        return kin_of(self.product_id, self.group)


@dataclass(frozen=True)
class PromptTable:
    """The rows of a file, and how many were left out, by reason."""

    rows: tuple[PromptRow, ...]
    skipped: Mapping[str, int]

    def side(self, side: Side) -> tuple[PromptRow, ...]:
        """The rows of one side."""
        return tuple(row for row in self.rows if row.split == side)


def write_prompts(path: Path, rows: Iterable[PromptRow]) -> None:
    """Write the rows as they come; the file takes its name once it is whole. Raises NOT_FOUND where it cannot be.

    Pictures below the file's folder are named relative to it, so that both can be moved together.
    """
    scratch = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.touch()
    except OSError as fault:
        raise _not_written(path, fault) from fault
    try:
        with scratch.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            folder = path.parent.resolve()
            writer.writerows([guarded(cell) for cell in _cells(row, folder)] for row in rows)
        scratch.replace(path)
    except OSError as fault:
        raise _not_written(path, fault) from fault
    finally:
        scratch.unlink(missing_ok=True)


def read_prompts(path: Path, seed: int = 42) -> PromptTable:
    """The rows of a file that `write_prompts` wrote, or of any CSV with the columns id, image_path and text.

    Without a column split the side is told by the product's id, or its group's. Bad rows are left out and counted.
    Raises NOT_FOUND, and BAD_REQUEST for a file of other columns or where a product or variant group is on both sides.
    """
    try:
        data = path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        message = f"{path} cannot be read ({fault.strerror}); `reelwear catalog prompts --out {path.name}` writes one"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    except UnicodeDecodeError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} is no text in UTF-8; save it as CSV in UTF-8") from fault
    csv.field_size_limit(MOST_CELL_CHARACTERS)
    reader = csv.DictReader(io.StringIO(data, newline=""), restval="")
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        message = f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(NEEDED)} at least"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    skipped: Counter[str] = Counter()
    rows = tuple(_rows(reader, path.parent, seed, skipped))
    _check_sides(path, rows)
    return PromptTable(rows, dict(skipped))


def _not_written(path: Path, fault: OSError) -> ReelwearError:
    return ReelwearError(ErrorCode.NOT_FOUND, f"{path} cannot be written ({fault.strerror}); name another file")


def _rows(reader: Iterable[dict[str, str]], folder: Path, seed: int, skipped: Counter[str]) -> Iterator[PromptRow]:
    try:
        for cells in reader:
            named = {name: unguarded(value).strip() for name, value in cells.items() if name and value}
            if empty := [name for name in NEEDED if not named.get(name)]:
                skipped[f"no_{empty[0]}"] += 1
                continue
            yield _row(named, folder, seed)
    except csv.Error:
        skipped["not_csv"] += 1


def _row(named: Mapping[str, str], folder: Path, seed: int) -> PromptRow:
    product_id, group = named["id"], named.get("group", "")
    told, facts = named.get("split", ""), _facts(named.get("facts", ""))
    says = tuple(name for name in named.get("says", "").split(";") if name in facts)
    side: Side = "val" if told == "val" else "train" if told == "train" else side_of(kin_of(product_id, group), seed)
    return PromptRow(
        product_id=product_id,
        image_path=folder / named["image_path"],
        label=named.get("label", ""),
        text=named["text"],
        split=side,
        color=named.get("color", ""),
        image_url=named.get("image_url", ""),
        group=group,
        says=says,
        facts=facts,
    )


def _facts(text: str) -> dict[str, str]:
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _cells(row: PromptRow, folder: Path) -> Iterator[str]:
    path = row.image_path.resolve()
    yield row.product_id
    yield path.relative_to(folder).as_posix() if path.is_relative_to(folder) else os.fspath(path)
    yield from (row.label, row.color, row.text, row.image_url)
    yield json.dumps(list(row.bbox)) if row.bbox else ""
    yield "" if row.score is None else f"{row.score:.4f}"
    yield from (row.group, ";".join(row.says), json.dumps(dict(row.facts), ensure_ascii=False), row.split)


def _check_sides(path: Path, rows: Iterable[PromptRow]) -> None:
    sides: dict[str, Side] = {}
    for row in rows:
        for name in {row.kin, f"product {row.product_id}"}:
            if sides.setdefault(name, row.split) != row.split:
                raise ReelwearError(
                    ErrorCode.BAD_REQUEST,
                    f"{path} has {name} on both sides, train and val; what is held out would be known then: give all "
                    "rows of a product and of its variants one split, or leave the column out",
                )
