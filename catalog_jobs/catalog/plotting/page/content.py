"""What the page's script is given: points, maps, colours, neighbours and pictures as one JSON document."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from catalog_jobs.catalog.plotting.clusters import HeatMap
from catalog_jobs.catalog.plotting.contacts import Contacts
from catalog_jobs.catalog.plotting.facets import Facet, kinds_in
from catalog_jobs.catalog.plotting.maps import Map
from catalog_jobs.catalog.plotting.nearness import Nearest
from catalog_jobs.catalog.plotting.palette import DISTANCE_COLORS
from catalog_jobs.catalog.plotting.points import Point, Vectors

PLACE_STEPS: Final = 10_000
COSINE_STEPS: Final = 1_000
BYTE_MOST: Final = 255

Json = Mapping[str, object]


@dataclass(frozen=True)
class PageContent:
    """All that one page shows. facets: the one at `facet` colours it first. sheets: a URL of each contact sheet."""

    points: Sequence[Point]
    maps: Sequence[Map]
    facets: Sequence[Facet]
    facet: int
    near: Nearest
    contacts: Contacts
    sheets: Sequence[str]
    heat: HeatMap | None = None

    def document(self) -> Json:
        """As JSON will have it; places and cosines as whole numbers of small steps."""
        kinds = kinds_in(self.points)
        return {
            "kinds": [kind.value for kind in kinds],
            "points": {
                "title": [point.title for point in self.points],
                "lines": ["\n".join(" ".join(line.split()) for line in point.lines) for point in self.points],
                "kind": [kinds.index(point.kind) for point in self.points],
            },
            "maps": [_map(made) for made in self.maps],
            "facets": [_facet(facet) for facet in self.facets],
            "facet": self.facet,
            "near": {
                "each": self.near.positions.shape[1],
                "of": self.near.positions.ravel().tolist(),
                "cosines": _steps(np.nan_to_num(self.near.cosines, neginf=0).ravel(), COSINE_STEPS),
            },
            "tiles": {
                "side": self.contacts.side_px,
                "columns": self.contacts.columns,
                "of": list(self.contacts.tiles),
                "sheets": list(self.sheets),
            },
            "heat": _heat(self.heat) if self.heat else None,
            "ramp": list(DISTANCE_COLORS),
        }


def script_safe(document: Json) -> Markup:
    """JSON that cannot end the script element it stands in, whatever words are in it. Raises ValueError for NaN."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    # What no UTF-8 can carry: halves of surrogate pairs.
    return Markup(text.encode("utf-8", "replace").decode("utf-8"))  # noqa: S704  escaped above


def data_uri(jpeg: bytes) -> str:
    """A JPEG as a URL that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def about(made: Map) -> str:
    """How a map was made, in a line."""
    return ". ".join(filter(None, (", ".join(filter(None, (made.title, made.settings))), made.note)))


def _map(made: Map) -> Json:
    places = np.zeros((len(made.places), 3), np.float32)
    places[:, : made.dims] = made.places
    return {"dims": made.dims, "about": about(made), "places": _steps(places.ravel(), PLACE_STEPS)}


def _facet(facet: Facet) -> Json:
    classes = [{"name": one.name, "color": one.color, "count": one.count} for one in facet.classes]
    paints = list(facet.paints) if any(facet.paints) else None
    return {"title": facet.title, "classes": classes, "of": facet.codes.tolist(), "paints": paints}


def _heat(heat: HeatMap) -> Json:
    most = heat.most
    cells = np.clip(np.rint(heat.distances / most * BYTE_MOST), 0, BYTE_MOST).astype(np.uint8)
    return {"of": heat.order.tolist(), "most": most, "cells": base64.b64encode(cells.tobytes()).decode("ascii")}


def _steps(values: Vectors, steps: int) -> list[int]:
    whole: list[int] = np.rint(values * steps).astype(np.int64).tolist()
    return whole
