"""What the folders of trained models say of them, read without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def read_configs(paths: Mapping[str, str | Path]) -> dict[str, dict[str, Any]]:
    """Model to the content of its `config.yaml`."""
    return {
        model: yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        for model, path in paths.items()
    }
