"""What any detector finds in photos with label images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.detection import as_detection, detect
from catalog_jobs.evaluate.detector import count, measure
from catalog_jobs.evaluate.detectors import Find, find_of, load_detector
from serve_app.contract import Detection, FrameResult, FramesAnswer, ModelInfo, ModelsAnswer
from serve_app.models.garments import Garment
from serve_app.models.pictures import Image
from tests.catalog_jobs.evaluate.drawn import labelled_options
from tests.catalog_jobs.evaluate.running import run, run_json
from tests.catalog_jobs.evaluate.stand_in import ColorParser, Handler, pictures_in, served


class ByColor:
    """The parser by colour as a detector; what it calls pants it may call something else."""

    name, version = "by colour", "1"

    def __init__(self, pants: str = "pants") -> None:
        self.pants = pants

    def find(self, pictures: Sequence[Image]) -> list[list[Find]]:
        return [[self.named(one) for one in detect(ColorParser(), picture)] for picture in pictures]

    def named(self, garment: Garment) -> Find:
        label = self.pants if garment.label == "pants" else garment.label
        return Find(label, garment.score, garment.mask)


class FramesHandler(Handler):
    """A model server that finds by colour."""

    def do_GET(self) -> None:  # noqa: N802  a name of http.server
        row = ModelInfo(role="detector", name="by colour", version="1", licence="none", device="cpu")
        self.answer(200, ModelsAnswer(models=(row,)).model_dump_json())

    def do_POST(self) -> None:  # noqa: N802  likewise
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content_type = self.headers["Content-Type"]
        boundary = b"--" + content_type.split("boundary=")[1].encode()
        frames = [part for part in body.split(boundary)[1:-1] if b"image/" in part.split(b"\r\n\r\n", 1)[0]]
        pictures = pictures_in(boundary + boundary.join(frames) + boundary + b"--", content_type)
        results = [
            FrameResult(
                index=index,
                width=picture.shape[1],
                height=picture.shape[0],
                detections=tuple(as_detection(one) for one in detect(ColorParser(), picture)),
            )
            for index, picture in enumerate(pictures)
        ]
        self.answer(200, FramesAnswer(frames=tuple(results), models={"detector": "by colour@1"}).model_dump_json())


def test_what_is_named_rightly_is_found_and_what_is_not_is_missed(labelled_folder: Path) -> None:
    labelled = Given(
        photos=labelled_folder / "photos",
        masks=labelled_folder / "masks",
        labels=labelled_folder / "labels.json",
        groups=labelled_folder / "groups.json",
    ).labelled_photos()
    assert labelled is not None
    right = measure("x", ByColor(), labelled, 0.1, 1).measures
    wrong = measure("x", ByColor("dress"), labelled, 0.1, 1).measures
    # Half of the drawn pants are of another colour than the parser knows.
    assert right["recall.pants"].value == 0.5
    assert wrong["recall.pants"].value == 0
    assert right["recall.shoes"].value == wrong["recall.shoes"].value == 0.875
    assert (wrong["precision"].value or 0) < (right["precision"].value or 0)
    assert (right["mask_iou.pants"].value or 0) > 0.4
    assert wrong["mask_iou.pants"].value == 0


def test_what_is_less_sure_is_not_counted(labelled_folder: Path) -> None:
    document = run_json("detector", *labelled_options(labelled_folder), "--min-score", "1")
    assert document["measures"]["recall"]["value"] == 0
    assert document["measures"]["precision"]["value"] is None
    assert document["model"]["name"] == "reelwear-garment-parser"


def test_a_find_counts_by_its_share_inside_and_a_type_by_what_is_covered() -> None:
    truth = np.zeros((10, 10), np.bool_)
    truth[:, :4] = True
    half, beside = np.zeros_like(truth), np.zeros_like(truth)
    half[:, 1:5], beside[:, 4:] = True, True
    assert count([Find("top", 1, half)], "top", truth)[:4] == (1, 1, 1, 1)
    assert count([Find("top", 1, beside), Find("bag", 1, half)], "top", truth)[:4] == (0, 1, 0, 1)
    assert count([], "top", np.zeros_like(truth)) == (0, 0, 0, 0, 0, 0)


def test_a_server_is_measured_as_its_callers_see_it(labelled_folder: Path) -> None:
    with served(FramesHandler) as url:
        document = run_json("detector", "--detector", f"server:{url}", *labelled_options(labelled_folder))
    assert document["model"]["name"] == "by colour"
    assert document["measures"]["recall.pants"]["value"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--detector", "nonsense"], "--detector is 'nonsense'; give one of: embedded", id="no detector"),
        pytest.param([], "nothing was given", id="no photos"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(arguments: list[str], words: str, labelled_folder: Path) -> None:
    options = labelled_options(labelled_folder) if arguments else []
    code, _, error = run("detector", *arguments, *options)
    assert (code, words in error) == (2, True)


def test_a_server_without_a_detector_is_named() -> None:
    with served() as url, pytest.raises(ValueError, match="has no detector; start it with REELWEAR_DETECTOR"):
        load_detector(f"server:{url}")


def test_what_is_no_garment_is_no_find() -> None:
    assert find_of(Detection(box=(0, 0, 1, 1), label="sleeve", score=0.9)) is None
