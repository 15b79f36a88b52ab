"""Large models put together by settings alone: what one frame gives, it gives in any company."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402

from serve_app.config import ServeSettings  # noqa: E402
from serve_app.contract import Box, FramesOptions, Rle, decode_rle, decode_vector  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.frames import FrameJob  # noqa: E402
from serve_app.models.families import load_models  # noqa: E402
from serve_app.models.image_text import IMAGE_TEXT, ImageTextModel  # noqa: E402
from serve_app.models.large.composed import ComposedModels, Parts  # noqa: E402
from serve_app.models.large.parts import Found  # noqa: E402
from serve_app.models.pictures import Image, crop_masked  # noqa: E402
from serve_app.models.rows import WEIGHTS_DIR, LoadedModels, WarmsItself  # noqa: E402
from tests.serve_app.looking import look_at_frames  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import write_grounding_dino, write_yolos  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import write_rf_detr, write_sam2  # noqa: E402

SIZES_HW = ((96, 64), (64, 112), (96, 64))
# Words that the tiny tokenizer knows apart, and no box too unsure.
ASKED = {"box_threshold": 0.0, "text_threshold": 0.0, "detection_threshold": 0.0, "garment_prompt": "shirt, bag, dress"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One tiny random model of the real classes for each role."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    for name in ("dino", "yolos", "sam2", "people", "clip"):
        (root / name).mkdir()
    write_grounding_dino(root / "dino")
    write_yolos(root / "yolos", ("jacket", "shoe", "sleeve"))
    write_sam2(root / "sam2")
    write_rf_detr(root / "people")
    write_clip(root / "clip")
    return {path.name: str(path) for path in root.iterdir()}


def frames() -> list[Image]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (*size, 3), np.uint8) for size in SIZES_HW]


def load(**named: object) -> LoadedModels[object]:
    return load_models(ServeSettings(model_threads=1, device="cpu", **ASKED, **named))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def composed(folders: dict[str, str]) -> LoadedModels[object]:
    return load(detector=folders["dino"], segmenter=folders["sam2"], embedder=folders["clip"], people=folders["people"])


def test_every_role_is_told_with_its_model(composed: LoadedModels[object]) -> None:
    rows = {info.role: info for info in composed.describe()}
    assert list(rows) == ["detector", "segmenter", "embedder", "people"]
    assert [rows[role].name for role in rows] == ["dino", "sam2", "clip", "people"]
    assert rows["embedder"].dimension == composed.embed_images([composed.take(frames()[0])]).shape[1]
    assert {info.device for info in rows.values()} == {"cpu"}
    assert len({info.version for info in rows.values()}) == 4


def test_a_frame_alone_and_in_a_batch_gives_the_same(composed: LoadedModels[object]) -> None:
    jobs = [FrameJob(index, frame, FramesOptions()) for index, frame in enumerate(frames())]
    together = look_at_frames(composed, jobs)
    assert all(result.error is None for result in together)
    assert sum(len(result.detections) for result in together) > 0
    for job, result in zip(jobs, together, strict=True):
        (alone,) = look_at_frames(composed, [job])
        left = list(result.detections)
        for one in alone.detections:
            other = min(left, key=lambda seen: (seen.label != one.label, np.abs(np.subtract(seen.box, one.box)).max()))
            left.remove(other)
            assert one.label == other.label
            assert one.wearer == other.wearer
            assert one.score == pytest.approx(other.score, abs=1e-4)
            assert one.box == pytest.approx(other.box, abs=1e-2)
            assert overlap(one.mask, other.mask) > 0.99
            x0, y0, x1, y1 = one.box
            assert 0 <= x0 < x1 <= result.width and 0 <= y0 < y1 <= result.height
            assert cosine(one.vector, other.vector) > 0.99
        assert left == []


def overlap(one: Rle | None, other: Rle | None) -> float:
    """IoU of two masks."""
    assert one is not None and other is not None
    first, second = decode_rle(one), decode_rle(other)
    return float((first & second).sum() / (first | second).sum())


def cosine(one: str | None, other: str | None) -> float:
    """Of two vectors on the wire."""
    assert one is not None and other is not None
    return float(decode_vector(one) @ decode_vector(other))


def test_a_crop_is_what_its_mask_covers(composed: LoadedModels[object]) -> None:
    picture = frames()[1]
    held = composed.take(picture)
    (garments,) = composed.find_garments([held])
    crop = composed.crop(held, garments[0])
    assert isinstance(crop, torch.Tensor)
    assert np.array_equal(crop.permute(1, 2, 0).numpy(), crop_masked(picture, garments[0].mask))


def test_words_of_a_request_replace_those_of_the_settings(composed: LoadedModels[object]) -> None:
    held = [composed.take(frames()[0])]
    (found,) = composed.find_garments(held, ("hand bag",))
    assert {garment.label for garment in found} == {"hand bag"}


def test_the_embedder_of_the_package_goes_with_large_parts(folders: dict[str, str]) -> None:
    models = load(detector=folders["yolos"], segmenter=folders["sam2"])
    assert [info.name for info in models.describe()] == ["yolos", "sam2", "reelwear-image-text"]
    (result,) = look_at_frames(models, [FrameJob(0, frames()[0], FramesOptions())])
    assert {one.label for one in result.detections} <= {"jacket", "shoe", "sleeve"}
    assert result.vector is not None
    assert models.embed_texts(["a red dress"]).shape == (1, models.describe()[2].dimension)


def test_the_parser_of_the_package_goes_with_a_large_embedder(folders: dict[str, str]) -> None:
    models = load(embedder=folders["clip"])
    assert [info.role for info in models.describe()] == ["detector", "segmenter", "embedder"]
    (result,) = look_at_frames(models, [FrameJob(0, frames()[0], FramesOptions())])
    assert result.error is None and result.vector is not None


def test_a_device_that_is_not_there_is_refused_by_name(folders: dict[str, str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ModelServerError, match="REELWEAR_DEVICE is 'cuda'"):
        load_models(ServeSettings(embedder=folders["clip"], device="cuda"))


def test_a_folder_without_its_files_is_refused_by_name(folders: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((Path(folders["clip"]) / "config.json").read_text())
    with pytest.raises(ModelServerError, match=r"REELWEAR_EMBEDDER.*lacks"):
        load(embedder=str(tmp_path))


def test_the_warm_up_counts_the_work_of_each_kind(composed: LoadedModels[object]) -> None:
    assert isinstance(composed, WarmsItself)
    flops = composed.warm_up()
    assert list(flops) == ["frames", "pictures", "people", "texts"]
    assert flops["frames"] > flops["people"] > 0
    assert flops["frames"] > 5 * flops["pictures"] > 0
    assert flops["texts"] > 0
    assert composed.peak_flops == 0


class Watched:
    """Parts that see nothing and note what they are shown."""

    dimension = 4

    def __init__(self) -> None:
        self.frames: list[tuple[int, ...]] = []
        self.boxes: list[tuple[tuple[int, ...], list[Box]]] = []
        self.pictures: list[list[tuple[int, ...]]] = []

    def detect(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Found]]:
        assert prompt is None
        self.frames += [tuple(frame.shape) for frame in frames]
        return [[] for _ in frames]

    def cut_out(self, frames: Sequence[Tensor], boxes: Sequence[Sequence[Box]]) -> list[Tensor]:
        self.boxes += [(tuple(frame.shape), list(own)) for frame, own in zip(frames, boxes, strict=True)]
        return [
            torch.zeros((len(own), *frame.shape[1:]), dtype=torch.bool)
            for frame, own in zip(frames, boxes, strict=True)
        ]

    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        self.pictures.append([tuple(picture.shape) for picture in pictures])
        vectors: Tensor = torch.ones(len(pictures), self.dimension)
        return vectors

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        raise ModelServerError("no_text_embedder", f"no tower for {len(texts)} texts")


def test_the_warm_up_shows_every_part_what_keyframes_with_four_garments_would() -> None:
    watched = Watched()
    flops = ComposedModels(Parts(watched, watched, watched), (), torch.device("cpu")).warm_up()
    assert list(flops) == ["frames", "pictures"]
    upright, lying = (3, 1280, 720), (3, 720, 1280)
    assert set(watched.frames) == {upright, lying}
    boxes = dict(watched.boxes)
    assert boxes[upright] == [(0, 0, 360, 640), (360, 0, 720, 640), (0, 640, 360, 1280), (360, 640, 720, 1280)]
    assert boxes[lying][-1] == (640, 360, 1280, 720)
    crops = [shapes for shapes in watched.pictures if len(shapes) == 5]
    assert {shapes[0] for shapes in crops} == {upright, lying}
    assert all(height < 720 and width < 720 for shapes in crops for _, height, width in shapes[1:])


def test_a_folder_of_our_own_embedder_s_files_embeds_as_the_one_that_ships(tmp_path: Path) -> None:
    for name in IMAGE_TEXT.files:
        shutil.copy(WEIGHTS_DIR / name, tmp_path / name)
    models = load(embedder=str(tmp_path))
    row = next(info for info in models.describe() if info.role == "embedder")
    own = ImageTextModel(threads=1)
    assert (row.name, row.version, row.dimension) == (IMAGE_TEXT.name, own.version, own.dimension)
    assert row.words is not None
    assert np.allclose(models.embed_texts(["a red dress"]), own.embed_texts(["a red dress"]), atol=1e-6)
    pictures = frames()
    assert np.allclose(models.embed_images(pictures), own.embed_images(pictures), atol=1e-5)


def test_a_folder_that_lacks_a_part_of_our_own_embedder_is_refused_by_name(tmp_path: Path) -> None:
    for name in IMAGE_TEXT.files[:2]:
        shutil.copy(WEIGHTS_DIR / name, tmp_path / name)
    with pytest.raises(ModelServerError, match=IMAGE_TEXT.files[2]):
        load(embedder=str(tmp_path))
