"""Prepared images of a custom data set: a file of the user's, or what its own module makes."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from darkpixel.datasets.own_files import file_like, repeated_events
from darkpixel.datasets.splits import write_splits
from darkpixel.formats.blocks import Events


def prepare(
    dataset: str,
    label: str,
    settings: Mapping[str, Any],
    outputs: Mapping[str, str | Path],
    *,
    seed: int,
    config_digest: str,
    file: Path | None = None,
) -> None:
    """Write the images of one label in three splits; either all of them appear or none.

    Args:
        dataset: name of the module `darkpixel.datasets.{dataset}` with a class `Settings` and,
            unless there is a file, a function `events(settings, label, seed)`.
        label: of the data set.
        settings: the data set's entry in the configuration.
        outputs: path of each split.
        seed: of the events and of the splits.
        config_digest: as in `write_splits`.
        file: image file to take the events from.

    Raises:
        DarkpixelError: the file is bad, or there are too few events.
    """
    module = import_module(f"darkpixel.datasets.{dataset}")
    checked = module.Settings.model_validate(settings)
    if file is None:
        events: Events = module.events(checked, label, seed)
    else:
        events = file_like(file, dataset, checked.pixel_size, checked.unit)
    write_splits(
        *events,
        outputs,
        sizes=checked.images,
        seed=seed,
        dataset=dataset,
        label=label,
        pixel_size=checked.pixel_size,
        unit=checked.unit,
        source=dataset if file is None else str(file),
        config_digest=config_digest,
        required=checked.columns,
        shuffled=True,
        groups=None if file is None else repeated_events(file),
    )
