"""A network of transformers and the settings beside it, read from a local folder: safetensors alone, no remote code."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import torch
from safetensors import SafetensorError

from serve_app.models.large.checked_files import bad_files, first_line, read_object

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Network = TypeVar("Network", bound="PreTrainedModel")

CONFIG: Final = "config.json"
PREPROCESSOR: Final = "preprocessor_config.json"
# Weights of a training's loss may be left out of a folder.
LOSS_PREFIX: Final = "criterion."


def load_network(
    folder: Path, networks: Mapping[str, type[Network]], kind: str, dtype: torch.dtype = torch.float32
) -> Network:
    """The network in a folder, ready to infer, on the CPU. networks: by config.json's model_type; kind: in words.

    Raises `bad_setting` for a file that is missing or damaged, for another kind of model, and for weights that lack
    some of the network's, which transformers would make up.
    """
    from transformers.utils.logging import disable_progress_bar

    settings = read_object(folder / CONFIG)
    network_class = networks.get(str(settings.get("model_type")))
    if network_class is None:
        raise bad_files(folder, f"holds a model of type {settings.get('model_type')!r}, not {kind}")
    if not any(folder.glob("*.safetensors")):
        raise bad_files(folder, "holds no *.safetensors, and weights of other formats may run code when read")
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        loaded: Any = network_class.from_pretrained(
            folder,
            config=network_class.config_class.from_dict(settings),  # type: ignore[union-attr]
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise bad_files(folder, f"cannot be read as {kind} ({first_line(error)})") from error
    network: Network = loaded[0].eval()
    missing = sorted(name for name in loaded[1]["missing_keys"] if not name.startswith(LOSS_PREFIX))
    if missing:
        raise bad_files(folder, f"lacks {len(missing)} weights of {kind}, {missing[0]} the first")
    network.requires_grad_(False)
    return network
