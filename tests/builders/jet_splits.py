"""What the tests of splits of jets say of their images, and where they write them."""

from pathlib import Path
from typing import Any

from darkpixel.config.names import SPLITS

ABOUT: dict[str, Any] = {
    "dataset": "jets",
    "label": "signal",
    "pixel_size": 0.1,
    "unit": "GeV",
    "source": "test",
    "config_digest": "abc",
}


def outputs(folder: Path) -> dict[str, Path]:
    return {split: folder / f"{split}.h5" for split in SPLITS}
