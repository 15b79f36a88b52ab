"""Tables in workbooks (XLSX): the cells as they are stored. No formula is evaluated, no link or macro followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile
from zlib import error as BrokenStream  # noqa: N812  zlib's own name is just error

from catalog_jobs.catalog.reading.lines import open_file
from catalog_jobs.catalog.reading.rows import BadRow, Place, Row
from catalog_jobs.catalog.reading.separated import Cells, Table, keys_of, row_of
from infra.errors import ErrorCode, ReelwearError

ZIP_START = b"PK\x03\x04"
# A sheet of 100,000 described products is about 150 MiB of XML.
MAX_PART_BYTES = 2 * 1024**3
MAX_SHARED_BYTES = 512 * 1024**2
# Text deflates to a tenth; only what was made to burst goes beyond a hundredth. Small parts may.
MAX_RATIO = 200
FREE_BYTES = 16 * 1024**2
# Excel's own limits.
MAX_COLUMNS = 16_384
MAX_CELL_BYTES = 32 * 1024**2
CHUNK_BYTES = 256 * 1024
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


def is_workbook(path: Path) -> bool:
    """Whether the file begins like a zip archive, which of the formats read here only workbooks are."""
    with open_file(path) as file:
        return file.read(len(ZIP_START)) == ZIP_START


def read_sheets(path: Path) -> list[Table]:
    """The visible sheets that have a header, in order. Raises BAD_REQUEST for what is no workbook, TOO_LARGE for one
    that unpacks beyond the limits, and EMPTY_FILE for one without cells.
    """
    with _opened(path) as archive:
        sheets = _sheets(archive, path.name)
        tables = [table for name, part in sheets if (table := _table(path, name, part, archive))]
    if not tables:
        raise ReelwearError(ErrorCode.EMPTY_FILE, f"{path.name} has no sheet with cells in it")
    return tables


def _table(path: Path, sheet: str, part: str, archive: ZipFile) -> Table | None:
    name = f"{path.name}[{sheet}]"
    strings = _shared_strings(archive, path.name)
    header = next((cells for _, cells, _ in _rows(archive, part, strings, path.name) if any(cells)), None)
    if header is None:
        return None

    def rows() -> Iterator[Row | BadRow]:
        with _opened(path) as again:
            shared = _shared_strings(again, path.name)
            body = (one for one in _rows(again, part, shared, path.name) if any(one[1]) or one[2])
            next(body, None)
            keys = keys_of(header)
            for number, cells, problem in body:
                place = Place(name, number)
                yield BadRow(place, problem) if problem else row_of(place, keys, cells)

    return Table(name, header, rows)


def _opened(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except (BadZipFile, OSError) as fault:
        raise _broken(path.name, fault) from fault


def _sheets(archive: ZipFile, name: str) -> list[tuple[str, str]]:
    """Name and part of each visible sheet."""
    targets: dict[str, str] = {}
    found: list[tuple[str, str]] = []

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            target = targets.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            if target and part in archive.NameToInfo:
                found.append((attributes.get("name", ""), part))

    for part, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        if part not in archive.NameToInfo:
            message = f"{name} is a zip archive, but no workbook: {part} is missing; save it as .xlsx or .csv"
            raise ReelwearError(ErrorCode.BAD_REQUEST, message)
        for _ in _parsed(archive, part, name, _Handlers(start=handler)):
            pass
    return found


def _shared_strings(archive: ZipFile, name: str) -> list[str]:
    part = "xl/sharedStrings.xml"
    if part not in archive.NameToInfo:
        return []
    strings: list[str] = []
    text: list[str] = []
    inside = _Inside()

    def start(tag: str, _attributes: dict[str, str]) -> None:
        inside.enter(tag)
        if tag == "si":
            text.clear()

    def end(tag: str) -> None:
        inside.leave(tag)
        if tag == "si":
            strings.append("".join(text))

    def data(piece: str) -> None:
        if inside.is_text:
            text.append(piece)

    for _ in _parsed(archive, part, name, _Handlers(start, end, data), MAX_SHARED_BYTES):
        pass
    return strings


@dataclass
class _Inside:
    """Whether the parser stands in text that is shown; the reading aids of Japanese text are not."""

    is_text: bool = False
    is_aid: bool = False

    def enter(self, tag: str) -> None:
        self.is_aid = self.is_aid or tag == "rPh"
        self.is_text = not self.is_aid and tag == "t"

    def leave(self, tag: str) -> None:
        self.is_aid = self.is_aid and tag != "rPh"
        self.is_text = False


@dataclass
class _Sheet:
    """The rows of one sheet as its XML goes by."""

    strings: list[str]
    done: list[tuple[int, Cells, str]] = field(default_factory=list)
    number: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    problem: str = ""
    column: int = -1
    kind: str = "n"
    text: list[str] = field(default_factory=list)
    size: int = 0
    has_formula: bool = False
    has_value: bool = False
    reads: bool = False
    inside: _Inside = field(default_factory=_Inside)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.inside.enter(tag)
        if tag == "row":
            given = attributes.get("r", "")
            self.number = int(given) if given.isdecimal() and len(given) < 9 else self.number + 1
            self.cells, self.problem, self.column = {}, "", -1
        elif tag == "c":
            self.column = _column(attributes.get("r", ""), self.column + 1)
            self.kind = attributes.get("t", "n")
            self.text, self.size, self.has_formula, self.has_value = [], 0, False, False
        elif tag == "f":
            self.has_formula = True
        elif tag == "v":
            self.has_value = self.reads = True
        elif tag == "is":
            self.has_value = True

    def end(self, tag: str) -> None:
        """An element ends."""
        self.inside.leave(tag)
        if tag == "v":
            self.reads = False
        elif tag == "c" and self.column < MAX_COLUMNS:
            self._keep("".join(self.text))
        elif tag == "row":
            width = max(self.cells, default=-1) + 1
            self.done.append((self.number, tuple(self.cells.get(at, "") for at in range(width)), self.problem))

    def data(self, piece: str) -> None:
        """Text goes by."""
        if self.reads or self.inside.is_text:
            self.size += len(piece)
            if self.size <= MAX_CELL_BYTES:
                self.text.append(piece)

    def _keep(self, text: str) -> None:
        if self.kind == "s":
            known = text.isdecimal() and int(text) < len(self.strings)
            if not known and self.has_value:
                self.problem = f"column {self.column + 1} points to text {text!r}, which the workbook does not have"
            text = self.strings[int(text)] if known else ""
        elif self.kind == "b":
            text = {"1": "TRUE", "0": "FALSE"}.get(text, text)
        elif self.kind == "n":
            text = plain_number(text)
        elif self.kind == "e" or text in ERRORS:
            self.problem = f"column {self.column + 1} holds the error {text}"
        if self.has_formula and not self.has_value:
            self.problem = f"column {self.column + 1} is a formula without its value; save values, not formulas"
        if text:
            self.cells[self.column] = text


def _rows(archive: ZipFile, part: str, strings: list[str], name: str) -> Iterator[tuple[int, Cells, str]]:
    """Number, cells and problem of each row; a problem is a reason not to take it."""
    sheet = _Sheet(strings)
    for _ in _parsed(archive, part, name, _Handlers(sheet.start, sheet.end, sheet.data)):
        yield from sheet.done
        sheet.done.clear()


def plain_number(text: str) -> str:
    """A stored number as one writes it: whole ones without a point, so that an id stays an id; else with its decimals.

    >>> plain_number("7.684123456789E12"), plain_number("1299.5"), plain_number("1.25")
    ('7684123456789', '1299.5', '1.25')
    """
    try:
        number = float(text)
    except ValueError:
        return text
    if number.is_integer() and abs(number) < 2**53:
        return str(int(number))
    # Three decimals would read as thousands.
    digits = repr(number)
    return f"{digits}0" if "e" not in digits and len(digits.partition(".")[2]) == 3 else digits


def _column(reference: str, following: int) -> int:
    """The column of a cell from 0: "B7" is 1; the one after the last where the cell does not say."""
    column = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column - 1 if column else following


@dataclass(frozen=True)
class _Handlers:
    start: Callable[[str, dict[str, str]], None] | None = None
    end: Callable[[str], None] | None = None
    data: Callable[[str], None] | None = None


def _parsed(
    archive: ZipFile, part: str, name: str, handlers: _Handlers, limit_bytes: int = MAX_PART_BYTES
) -> Iterator[None]:
    """Parse a part, stopping after each chunk of it. Names of elements come without their namespace's prefix.

    Raises TOO_LARGE for a part that unpacks beyond the limits, BAD_REQUEST for broken XML and for any document type: it
    is what entities are declared in, and no workbook has one.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    start, end = handlers.start, handlers.end

    def refuse_doctype(*_about: object) -> None:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{name} declares a document type in {part}; no workbook does")

    parser.StartDoctypeDeclHandler = refuse_doctype
    if start:
        parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if handlers.data:
        parser.CharacterDataHandler = handlers.data
    try:
        with archive.open(part) as file:
            for chunk in _chunks(file, archive.NameToInfo[part].compress_size, f"{name}: {part}", limit_bytes):
                parser.Parse(chunk, not chunk)
                yield
    except (expat.ExpatError, BadZipFile, BrokenStream, EOFError, OSError, NotImplementedError, RuntimeError) as fault:
        raise _broken(name, fault) from fault


def _chunks(file: IO[bytes], packed_bytes: int, what: str, limit_bytes: int) -> Iterator[bytes]:
    """The part piece by piece, at last an empty one."""
    limit_bytes = min(limit_bytes, max(FREE_BYTES, packed_bytes * MAX_RATIO))
    size = 0
    while True:
        chunk = file.read(CHUNK_BYTES)
        size += len(chunk)
        if size > limit_bytes:
            message = f"{what} unpacks to over {limit_bytes // 1024**2} MiB, which is the limit; save it as .csv"
            raise ReelwearError(ErrorCode.TOO_LARGE, message)
        yield chunk
        if not chunk:
            return


def _broken(name: str, fault: Exception) -> ReelwearError:
    return ReelwearError(ErrorCode.BAD_REQUEST, f"{name} is a broken workbook ({fault}); save it again, or as .csv")
