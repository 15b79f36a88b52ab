"""The page of a map: everything in one HTML file that loads nothing, on a screen or a phone, in light or dark."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from catalog_jobs.catalog.plotting.page.content import PageContent, about, script_safe
from catalog_jobs.catalog.plotting.palette import DISTANCE_COLORS

PACKAGE: Final = "catalog_jobs.catalog.plotting.page"
# In the order in which they read each other's names.
SCRIPTS: Final = ("geometry.js", "paint.js", "state.js", "map.js", "card.js", "hands.js", "legend.js", "heat.js")
EMBEDDED: Final = "data:"
BESIDE: Final = "data: 'self' file:"


@dataclass(frozen=True)
class PageWords:
    """What the page says around the map. facts: below the title. notes: what is to be known. footer: name and value."""

    title: str
    embedder: str
    facts: Sequence[str]
    notes: Sequence[str] = ()
    footer: Sequence[tuple[str, str]] = ()


def map_page(words: PageWords, content: PageContent) -> str:
    """The page as HTML. Words of strangers stay words, and its script is the only one that a browser will run."""
    script = page_script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    document = content.document()
    heat = content.heat
    return templates().get_template("page.html.j2").render(
        title=words.title,
        embedder=words.embedder,
        facts=words.facts,
        notes=words.notes,
        footer=words.footer,
        count=f"{len(content.points):,}",
        maps=[{"name": made.title, "about": about(made)} for made in content.maps],
        facets=content.facets,
        facet=content.facet,
        example=_example(content),
        has_pictures=bool(content.sheets),
        heat={"about": heat.about, "count": len(heat.order), "most": heat.most} if heat else None,
        ramp=DISTANCE_COLORS,
        picture_source=EMBEDDED if all(sheet.startswith(EMBEDDED) for sheet in content.sheets) else BESIDE,
        data=script_safe(document),
        style=asset("page.css"),
        script=Markup(script),  # noqa: S704  our own files
        script_digest=digest,
    )  # fmt: skip


@cache
def templates() -> Environment:
    """The templates of this package; all that is put in is escaped."""
    return Environment(
        loader=PackageLoader(PACKAGE, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> Markup:
    """One of our own files, which goes into a page as it is."""
    return Markup(files(PACKAGE).joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  our own file


@cache
def page_script() -> str:
    """The script of the page."""
    return "\n".join(asset(name) for name in SCRIPTS)


def _example(content: PageContent) -> str:
    words = [facet.classes[0].name for facet in content.facets if facet.classes][:2]
    return f"words, such as {words[0]}" if words else "words"
