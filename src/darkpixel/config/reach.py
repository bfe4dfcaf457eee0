"""Which keys of an overlay change nothing, so that a run is not what its writer thinks it is."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from darkpixel.config.problems import ABSENT, parsed, value_at
from darkpixel.config.run import Run


def without_effect(run: Run, files: Sequence[str | Path]) -> Iterator[str]:
    """A line for each key of an overlay that changes nothing, with what would.

    Args:
        run: of these files.
        files: base configuration and overlays, the strongest last.
    """
    yield from _unreached_training(run, files)
    yield from _empty_mappings(run, files)


def _empty_mappings(run: Run, files: Sequence[str | Path]) -> Iterator[str]:
    """`{}` over a block that has keys: blocks are merged, so that they all stay."""
    for number, path in enumerate(files[1:], 1):
        for key in _empty(parsed(path)):
            value = value_at(run.model_dump(), key)
            before = [value_at(parsed(file), key) for file in files[:number]]
            had_keys = any(found is not ABSENT and found for found in before)
            if isinstance(value, dict) and value and had_keys:
                yield (
                    f"{path}: {'.'.join(key)}: {{}} changes nothing, as the keys of a block are "
                    f"merged with those of the files before it ({', '.join(map(str, value))}); "
                    "give null to leave one out"
                )


def _empty(value: Any, key: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys of empty mappings."""
    if value == {} and key:
        yield key
    elif isinstance(value, dict):
        for part, inner in value.items():
            yield from _empty(inner, (*key, str(part)))


def _unreached_training(run: Run, files: Sequence[str | Path]) -> Iterator[str]:
    """`training` keys that every model which is trained has of its own."""
    trained = sorted(
        {(dataset, label, model)
        for dataset, data in run.datasets.present().items()
        for label in data.labels
        for name in data.models
        for model in (name, run.model(name, dataset, label).autoencoder)
        if model is not None}
    )  # fmt: skip
    for path in files[1:]:
        for key in parsed(path).get("training", {}) if trained else ():
            shared = getattr(run.training, key)
            values = [
                getattr(run.model(model, dataset, label).training, key)
                for dataset, label, model in trained
            ]
            if shared in values:
                continue
            (dataset, _, model), value = trained[0], values[0]
            place = f"where.{dataset}." if dataset in run.models[model].where else ""
            yield (
                f"{path}: training.{key}: changes nothing, as every model that is trained has its "
                f"own ({model}: {value}); give models.{model}.{place}training.{key}"
            )
