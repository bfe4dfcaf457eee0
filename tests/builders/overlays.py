"""What an overlay of the user is told."""

from pathlib import Path
from typing import Any

import pytest
from repository import CONFIG

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.errors import DarkpixelError


def loaded(tmp_path: Path, text: str) -> Any:  # a `Run`; tests know what is in it
    """`config.yaml` under an overlay with this text."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    files = [CONFIG / "config.yaml", overlay]
    return load_run(read_yaml(*files), files)


def problem(tmp_path: Path, text: str) -> str:
    """The message for `config.yaml` under an overlay with this text."""
    with pytest.raises(DarkpixelError) as error:
        loaded(tmp_path, text)
    message = str(error.value)
    assert "\n" not in message
    return message
