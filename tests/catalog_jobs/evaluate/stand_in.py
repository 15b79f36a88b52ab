"""Small models that really compute something: an embedder of colours and edges, and a parser by colour."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from catalog_jobs.evaluate.embedders import Vectors
from functions.tagging.color_names import BASIC_COLORS
from serve_app.contract import (
    Cutoffs,
    ModelInfo,
    ModelsAnswer,
    TextsRequest,
    VectorsAnswer,
    WordFit,
    encode_vector,
)
from serve_app.models.garment_parser import Parsing
from serve_app.models.garments import VOTE_UNIT_CELLS
from serve_app.models.pictures import Image, fit_size

RGB = {
    "black": (15, 15, 15), "white": (250, 250, 250), "grey": (150, 150, 150), "red": (200, 30, 30),
    "orange": (240, 140, 30), "yellow": (240, 220, 50), "green": (40, 140, 60), "blue": (40, 70, 190),
    "purple": (120, 50, 150), "pink": (240, 150, 190), "brown": (110, 70, 40), "beige": (225, 205, 170),
}  # fmt: skip
SIDE_PX = 24
EDGE_BINS = 8
EDGE_WEIGHT = 0.3
MASKED = 127


class StandIn:
    """Twelve shares of colours, then eight of edge directions."""

    name = "stand-in"
    version = "1"
    dimension = len(BASIC_COLORS) + EDGE_BINS
    class_scale = 10.0
    words: WordFit | None = WordFit(scale=8.0, bias=-4.0)
    cutoffs: Mapping[str, Cutoffs] = {"default": Cutoffs(exact=0.97, similar=0.8, same=0.95, unrelated=0.4)}

    def embed_images(self, pictures: Sequence[Image]) -> Vectors:
        return np.stack([look(picture) for picture in pictures]) if pictures else np.zeros((0, self.dimension), "f4")

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dimension), 0.01, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for index, color in enumerate(BASIC_COLORS):
                row[index] += color in text.split()
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def look(picture: Image) -> Vectors:
    """The unit vector of one picture; exactly grey pixels are ground and do not count."""
    small = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    known = np.abs(small - MASKED).max(2) > 3
    points = np.array([RGB[name] for name in BASIC_COLORS], np.float32)
    nearest = ((small[:, :, None] - points) ** 2).sum(3).argmin(2)
    colors = np.bincount(nearest[known], minlength=len(BASIC_COLORS)) / max(int(known.sum()), 1)
    grey = small.mean(2)
    dy, dx = np.gradient(grey)
    angles = (np.arctan2(dy, dx) % np.pi / np.pi * EDGE_BINS).astype(int).clip(0, EDGE_BINS - 1)
    edges = np.bincount(angles.ravel(), np.hypot(dx, dy).ravel(), EDGE_BINS)
    vector = np.concatenate([colors, EDGE_WEIGHT * edges / max(float(edges.sum()), 1e-6)]) + 1e-6
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


GROUPS = ("background", "skin", "hair", "top", "pants", "shoes", "dress", "skirt", "shorts", "legwear", "outerwear")
# What a pixel is taken for by its colour; the drawn background is (105, 105, 105).
GROUP_RGB = ((105, 105, 105), (225, 180, 150), (60, 30, 90), RGB["red"], RGB["blue"], RGB["black"])
# The others are never seen; the rules of the server know them by name.
UNSEEN_RGB = ((-500, -500, -500),) * (len(GROUPS) - len(GROUP_RGB))
CELL_PX = 4


class ColorParser:
    """A parser that takes each cell of 4×4 pixels for the group of the nearest colour; everybody is one wearer."""

    groups: tuple[str, ...] = GROUPS
    version = "colors"

    def prepare(self, picture: Image, long_side_px: int = 240) -> Image:
        size_wh = fit_size(picture.shape[1], picture.shape[0], min(long_side_px, 240), 8)
        return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)

    def infer(self, prepared: Sequence[Image]) -> list[Parsing]:
        return [self.parse(picture) for picture in prepared]

    def parse(self, picture: Image) -> Parsing:
        rows, columns = picture.shape[0] // CELL_PX, picture.shape[1] // CELL_PX
        cells = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
        distances = np.linalg.norm(cells[None] - np.array(GROUP_RGB + UNSEEN_RGB, np.float32)[:, None, None], axis=3)
        ys, xs = np.mgrid[:rows, :columns]
        votes = np.stack([columns / 2 - xs, rows / 2 - ys]) / VOTE_UNIT_CELLS
        return Parsing(np.asarray(-distances / 10, np.float32), votes.astype(np.float32))


class Handler(BaseHTTPRequestHandler):
    """The three answers of a model server that an evaluation asks for."""

    has_texts = True

    def do_GET(self) -> None:
        row = ModelInfo(
            role="embedder", name=StandIn.name, version=StandIn.version, licence="none", device="cpu",
            dimension=StandIn.dimension, cutoffs=dict(StandIn.cutoffs), words=StandIn.words,
        )  # fmt: skip
        self.answer(200, ModelsAnswer(models=(row,)).model_dump_json())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("images"):
            self.answer(200, answer_of(StandIn().embed_images(pictures_in(body, self.headers["Content-Type"]))))
        elif self.has_texts:
            self.answer(200, answer_of(StandIn().embed_texts(TextsRequest.model_validate_json(body).texts)))
        else:
            self.answer(501, '{"error": {"code": "no_text_embedder", "message": "no text tower"}}')

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        return


class WordlessHandler(Handler):
    """A model server without a text tower."""

    has_texts = False


def answer_of(vectors: Vectors) -> str:
    rows = tuple(encode_vector(vector) for vector in vectors)
    answer = VectorsAnswer(model="stand-in", dimension=StandIn.dimension, vectors=rows, errors=(None,) * len(rows))
    return answer.model_dump_json()


def pictures_in(body: bytes, content_type: str) -> list[Image]:
    """The pictures of a multipart body."""
    boundary = b"--" + content_type.split("boundary=")[1].encode()
    parts = [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in body.split(boundary)[1:-1]]
    return [np.asarray(cv2.imdecode(np.frombuffer(part, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8) for part in parts]


@contextmanager
def served(handler: type[Handler] = Handler) -> Iterator[str]:
    """The stand-in behind a port of this machine; yields its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
