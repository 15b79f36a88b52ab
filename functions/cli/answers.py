"""What each command prints: tables for people, with `--json` one document."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from functions.api.answers import DeadLetterList
from functions.cli.client import HostClient
from functions.cli.drop import Dropped
from functions.cli.tables import dead_letter_table, document_table, document_view, error_line, plain, result_console
from functions.document import DocumentList, ResultDocument
from functions.report.page import report_page
from infra.errors import ErrorCode, ReelwearError


def print_dropped(dropped: Sequence[Dropped], is_json: bool) -> None:
    """The result of each file. As JSON, one file gives its own document, several give `{"videos": [...]}`."""
    if is_json:
        documents = [_dropped_json(one) for one in dropped]
        _print_json(documents[0] if len(documents) == 1 else {"videos": documents, "total": len(documents)})
        return
    console = result_console()
    for one in dropped:
        if one.document:
            console.print(document_view(one.document))
        elif one.error:
            console.print(Text(plain(one.name)), error_line(one.error))
        else:
            console.print(
                Text(f"{plain(one.key)} is in the bucket; `reelwear show {plain(one.key)}` will have its result"),
                soft_wrap=True,
            )


def print_document(document: ResultDocument, is_json: bool, report: Path | None) -> None:
    """One result, and where its page was written."""
    if is_json:
        _print_json(document.model_dump(mode="json"))
        return
    console = result_console()
    console.print(document_view(document))
    if report:
        console.print(Text(f"report  {report}"), soft_wrap=True)


def print_documents(documents: DocumentList, is_json: bool) -> None:
    """A list of results, a line each."""
    if is_json:
        _print_json(documents.model_dump(mode="json"))
    elif documents.videos:
        result_console().print(document_table(documents))
    else:
        result_console().print("No videos yet; `reelwear drop FILE` brings one.", style="dim")


def print_dead_letters(letters: DeadLetterList, is_json: bool) -> None:
    """The dead letters, a line each."""
    if is_json:
        _print_json(letters.model_dump(mode="json"))
    else:
        result_console().print(dead_letter_table(letters))


def write_report(client: HostClient, document: ResultDocument, path: Path) -> None:
    """Write the page of a result, with the pictures and masks the host has; raises NOT_RUNNING, and BAD_REQUEST where
    it cannot be written.
    """
    keys = [keyframe.url for keyframe in document.keyframes]
    keys += [product.crop_url for product in document.products if product.crop_url]
    pictures = {key: picture for key in keys if (picture := client.picture(key)) is not None}
    page = report_page(document, client.masks(document.video_id), pictures)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as fault:
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"the report cannot be written to {path}: {fault.strerror}"
        ) from fault


def _dropped_json(one: Dropped) -> dict[str, Any]:
    if one.document:
        return one.document.model_dump(mode="json")
    error = one.error.model_dump(mode="json") if one.error else None
    return {"key": one.key, "etag": one.etag, "state": one.state, "error": error}


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
