from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_jobs.catalog.reading.rows import BadRow, Row
from catalog_jobs.catalog.reading.separated import Table, guarded, read_table, unguarded
from catalog_jobs.catalog.reading.two_files import KNOWN


def table(path: Path, text: str) -> Table:
    path.write_text(text, "utf-8", newline="")
    return read_table(path, print, lambda keys: sum(key in KNOWN for key in keys))


def read(path: Path, text: str) -> list[tuple[int, dict[str, str] | str]]:
    rows = table(path, text).rows()
    return [(row.place.line, dict(row.cells) if isinstance(row, Row) else row.reason) for row in rows]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_the_separator_is_found_by_the_header(tmp_path: Path, mark: str) -> None:
    rows = read(tmp_path / "t.csv", f'id{mark}title{mark}description\n1{mark}Dress{mark}"a, b; c | d"\n')
    assert rows == [(2, {"id": "1", "title": "Dress", "description": "a, b; c | d"})]


def test_excels_own_first_line_is_no_header(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "sep=;\nid;title\n1;Dress\n") == [(3, {"id": "1", "title": "Dress"})]


def test_a_row_over_several_lines_has_the_line_that_it_begins_on(tmp_path: Path) -> None:
    rows = read(tmp_path / "t.csv", 'id,title\n1,"Two\nlines"\n2,Top\n')
    assert rows == [(2, {"id": "1", "title": "Two\nlines"}), (4, {"id": "2", "title": "Top"})]


def test_blank_lines_and_empty_cells_say_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "\nid,title,description\n\n1,, \n") == [(4, {"id": "1"})]


def test_names_of_columns_may_be_written_in_any_way(tmp_path: Path) -> None:
    rows = read(tmp_path / "t.csv", " ID ,Product-Type,Product Type\n1,Dress,Other\n")
    assert rows == [(2, {"id": "1", "producttype": "Dress"})]


def test_a_quotation_mark_that_nobody_closed_costs_its_own_row_alone(tmp_path: Path) -> None:
    found = list(table(tmp_path / "t.csv", 'id,title\n1,A\n2,"B\n3,C\n4,D\n').rows())
    assert [(row.place.line, row.cells["id"]) for row in found if isinstance(row, Row)] == [
        (2, "1"),
        (4, "3"),
        (5, "4"),
    ]
    (bad,) = [row for row in found if isinstance(row, BadRow)]
    assert (bad.place.line, bad.product_id) == (3, "2")
    assert "is a quotation mark missing?" in bad.reason


def test_rows_that_a_lost_quotation_mark_glued_together_are_read_apart(tmp_path: Path) -> None:
    found = read(tmp_path / "t.csv", 'id,title,alias\n1,"A,a\n2,B,"b"\n3,C,c\n')
    assert [row for row in found if isinstance(row[1], dict)] == [
        (3, {"id": "2", "title": "B", "alias": "b"}),
        (4, {"id": "3", "title": "C", "alias": "c"}),
    ]


def test_a_row_with_too_many_cells_is_bad_and_says_so(tmp_path: Path) -> None:
    (row,) = table(tmp_path / "t.csv", "id,title\n1,Dress,More\n").rows()
    assert isinstance(row, BadRow)
    assert (row.product_id, row.reason) == ("1", "it has 3 cells where the header has 2; is a quotation mark missing?")


def test_a_row_with_too_few_cells_has_none_of_the_rest(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "id,title,description\n1,Dress\n") == [(2, {"id": "1", "title": "Dress"})]


@pytest.mark.parametrize("end", ["", "\n"], ids=["on one line", "over lines"])
def test_a_cell_of_ten_megabytes_is_refused_by_the_limit_and_nothing_after_it_is_lost(tmp_path: Path, end: str) -> None:
    big = f"{'x' * 1000}{end}" * 10_000
    bad, good = table(tmp_path / "t.csv", f'id,title\n1,"{big}"\n2,Top\n').rows()
    assert isinstance(bad, BadRow)
    assert (bad.product_id, "over the limit of 1,000,000" in bad.reason) == ("1", True)
    assert isinstance(good, Row)


@given(st.text(min_size=1, max_size=20))
def test_a_guarded_cell_comes_back_as_it_was_and_no_spreadsheet_runs_it(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    # A cell that looked guarded before is taken for a guarded one.
    assert unguarded(guarded(text)) == unguarded(text)


@given(st.lists(st.sampled_from(['"', ",", "\n", "x", "\r\n", ";", "'"]), max_size=40))
def test_any_text_gives_rows_or_bad_rows(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    rows = list(table(path, "id,title\n" + "".join(pieces)).rows())
    assert all(row.place.line >= 2 for row in rows)
