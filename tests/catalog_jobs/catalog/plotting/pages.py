"""A page as a reader of HTML sees it, and as a browser runs it."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

BROWSER = Path(__file__).with_name("browser.js")


class Page(HTMLParser):
    """The elements of a page with their attributes, its scripts, and its text without script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = (attributes, before + data)
        elif not self.inside:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def policy(self) -> str:
        return next(one["content"] or "" for one in self.all("meta") if "Content-Security" in str(one))

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0][1])
        return found

    @property
    def script(self) -> str:
        return self.scripts[1][1]


def read_page(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


def outside_links(text: str) -> list[str]:
    """Addresses of other machines in a page."""
    return re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)


def in_browser(path: Path, steps: str) -> Any:
    """What steps (JavaScript that returns a value, given `page`) see of a page whose script runs in node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("the page's script is run by node, which is not installed")
    program = (
        f"const {{ open }} = require({json.dumps(str(BROWSER))});"
        f"const page = open({json.dumps(str(path))}); page.frames(5);"
        f"const told = (() => {{ {steps} }})(); console.log(JSON.stringify(told));"
    )
    done = subprocess.run([node, "-e", program], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
