"""What an overlay of the user is told."""

from pathlib import Path

import pytest
from repository import CONFIG

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.errors import DarkpixelError


def problem(tmp_path: Path, text: str) -> str:
    """The message for `config.yaml` under an overlay with this text."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    files = [CONFIG / "config.yaml", overlay]
    with pytest.raises(DarkpixelError) as error:
        load_run(read_yaml(*files), files)
    message = str(error.value)
    assert "\n" not in message
    return message
