"""From settings to loaded models: which one fills which role, on which device, in which precision."""

from dataclasses import dataclass, replace

import torch

from serve_app.config import EMBEDDED, ServeSettings
from serve_app.contract import ModelInfo
from serve_app.errors import ModelServerError
from serve_app.models.embedded import embedder_info_of, parser_infos
from serve_app.models.garment_parser import GarmentParserModel
from serve_app.models.image_text import ImageTextModel
from serve_app.models.large.choice import Choice, chosen
from serve_app.models.large.clip import load_clip
from serve_app.models.large.compiled import compile_networks
from serve_app.models.large.composed import ComposedModels, Parts, read_nothing
from serve_app.models.large.flops import peak_flops_of
from serve_app.models.large.grounding_dino import GroundingDinoRules, load_grounding_dino
from serve_app.models.large.mixed import EmbeddedOnTensors, ParserAndEmbedder
from serve_app.models.large.onnx_clip import load_onnx_clip
from serve_app.models.large.owlv2 import Owlv2Rules, load_owlv2
from serve_app.models.large.parts import Detector, Embedder, PeopleSegmenter, Segmenter
from serve_app.models.large.people import load_people
from serve_app.models.large.phrases import DEFAULT_PHRASES
from serve_app.models.large.sam2 import load_sam2
from serve_app.models.large.table import EXPORTED, TOWERS, LargeRole
from serve_app.models.large.yolos import YolosRules, load_yolos


@dataclass(frozen=True)
class Place:
    """Where large models run and in what they compute."""

    device: torch.device
    dtype: torch.dtype

    @classmethod
    def of(cls, settings: ServeSettings) -> "Place":
        """As the settings say; raises `bad_setting` for a device that cannot be used."""
        wanted = settings.device
        if wanted == "auto":
            wanted = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            device = torch.device(wanted)
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError) as fault:
            told = str(fault).partition("\n")[0]
            raise ModelServerError(
                "bad_setting", f"REELWEAR_DEVICE is {settings.device!r}, which cannot be used ({told}); try auto or cpu"
            ) from fault
        is_short = settings.precision == "bfloat16" or (settings.precision == "auto" and device.type == "cuda")
        return cls(device, torch.bfloat16 if is_short else torch.float32)


def load_large(settings: ServeSettings) -> ComposedModels | ParserAndEmbedder:
    """The models that settings name, of which one at least is large; raises `bad_setting` by the model's name."""
    torch.set_num_threads(settings.threads)
    choices = chosen(settings)
    place = Place.of(settings)
    small = load_towers(settings, choices.get("embedder"))
    if small is None:
        embedder, embedder_info = load_embedder(choices["embedder"], place, settings.threads)
    else:
        embedder, embedder_info = EmbeddedOnTensors(small, place.device), embedder_info_of(small)
    if settings.compile == "on":
        compile_networks([embedder])
    if settings.detector == EMBEDDED:
        parser = GarmentParserModel(threads=settings.threads)
        return ParserAndEmbedder(parser, embedder, (*parser_infos(parser), embedder_info), place.device)
    detector, segmenter = choices["detector"], choices["segmenter"]
    infos = [info_of("detector", detector, place), info_of("segmenter", segmenter, place), embedder_info]
    people = choices.get("people")
    if people:
        infos.append(info_of("people", people, place))
    parts = Parts(
        load_detector(detector, place, settings),
        load_segmenter(segmenter, place),
        embedder,
        load_people_segmenter(people, place) if people else None,
        small.read_attributes if small else read_nothing,
    )
    peak_flops = peak_flops_of(place.device, place.dtype, settings.device_peak_tflops)
    return ComposedModels(parts, infos, place.device, peak_flops)


def load_towers(settings: ServeSettings, choice: Choice | None) -> ImageTextModel | None:
    """Our own embedder, the one that ships or one of a folder; None where another model embeds."""
    if settings.embedder == EMBEDDED:
        return ImageTextModel(threads=settings.threads)
    if choice is not None and choice.model.architecture == TOWERS:
        return ImageTextModel(choice.folder, settings.threads)
    return None


def load_detector(choice: Choice, place: Place, settings: ServeSettings) -> Detector:
    """Grounding DINO, OWLv2 or YOLOS, with the words and thresholds of the settings."""
    if choice.model.architecture == "yolos":
        return load_yolos(choice.folder, place.device, place.dtype, YolosRules(settings.detection_threshold))
    if choice.model.architecture == "owlv2":
        return load_owlv2(choice.folder, place.device, place.dtype, owlv2_rules(settings))
    rules = GroundingDinoRules(settings.phrases or DEFAULT_PHRASES, settings.box_threshold, settings.text_threshold)
    return load_grounding_dino(choice.folder, place.device, place.dtype, rules)


def owlv2_rules(settings: ServeSettings) -> Owlv2Rules:
    """What OWLv2 is asked. Its chances are lower than those of YOLOS, whose default it does not take over."""
    rules = Owlv2Rules(settings.phrases or DEFAULT_PHRASES)
    if "detection_threshold" in settings.model_fields_set:
        return replace(rules, threshold=settings.detection_threshold)
    return rules


def load_segmenter(choice: Choice, place: Place) -> Segmenter:
    """SAM 2.1."""
    return load_sam2(choice.folder, place.device, place.dtype)


def load_people_segmenter(choice: Choice, place: Place) -> PeopleSegmenter:
    """A segmenter of instances, of which those of people count."""
    return load_people(choice.folder, place.device, place.dtype)


def load_embedder(choice: Choice, place: Place, threads: int) -> tuple[Embedder, ModelInfo]:
    """A CLIP or SigLIP, and its row. threads: of an exported one, which computes on the CPU wherever the others are."""
    if choice.model.architecture == EXPORTED:
        exported = load_onnx_clip(choice.folder, threads, place.device)
        return exported, info_of("embedder", choice, Place(torch.device("cpu"), torch.float32), exported.dimension)
    embedder = load_clip(choice.folder, place.device, place.dtype)
    return embedder, info_of("embedder", choice, place, embedder.dimension)


def info_of(role: LargeRole, choice: Choice, place: Place, dimension: int | None = None) -> ModelInfo:
    """The row that `GET /v1/models` tells of a loaded model."""
    return ModelInfo(
        role=role,
        name=choice.model.name,
        version=choice.version,
        licence=choice.model.licence,
        device=str(place.device),
        dimension=dimension,
    )
