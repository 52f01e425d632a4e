import pytest
from config_folder import Folder


@pytest.fixture
def folder(tmp_path):
    """A config folder that a test fills; its monitor.toml is empty."""
    path = tmp_path / "config"
    path.mkdir()
    (path / "monitor.toml").touch()
    return Folder(path)
