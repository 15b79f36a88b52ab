from pathlib import Path

import pytest

from tests.catalog_jobs.evaluate.drawn import write_classes, write_data, write_labelled


@pytest.fixture(scope="package")
def labelled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn photos with label images; not to be written to."""
    return write_labelled(tmp_path_factory.mktemp("labelled") / "ccp")


@pytest.fixture(scope="package")
def class_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two class folders of six drawn pictures; not to be written to."""
    return write_classes(tmp_path_factory.mktemp("classes") / "clothing")


@pytest.fixture(scope="package")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both, laid out as ../shared/data is; not to be written to."""
    return write_data(tmp_path_factory.mktemp("data"))
