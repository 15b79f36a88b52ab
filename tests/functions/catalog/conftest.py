from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.services import Services, open_services
from infra.settings import ModelSettings, Settings, StackSettings
from tests.functions.catalog.stocked import Shop, Wardrobe


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Real stores in a fresh folder; no model server answers."""
    nowhere = ModelSettings(model_server_url="http://127.0.0.1:1")
    opened = open_services(Settings(stack=StackSettings(data_dir=tmp_path), models=nowhere), spare_decoders=0)
    yield opened
    opened.close()


@pytest.fixture
def shop(services: Services) -> Shop:
    return Shop(services)


@pytest.fixture
def wardrobe(services: Services) -> Wardrobe:
    return Wardrobe(services)
