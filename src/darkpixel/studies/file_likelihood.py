"""Likelihood of all images of a file under one model: `darkpixel likelihood`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from darkpixel.config.names import CLASS
from darkpixel.datasets.foreign import image_blocks
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.units import conversion
from darkpixel.formats.values_file import values_file
from darkpixel.metrics.running_mean import RunningMean
from darkpixel.models.base import GenerativeModel
from darkpixel.models.folder import load_config, load_generator, load_model
from darkpixel.models.packed import model_folder
from darkpixel.progress import progress
from darkpixel.studies.density import Bound, scored_blocks
from darkpixel.studies.zero_level import zero_level

_ARRAYS = (".npy", ".npz")
_LN2 = math.log(2)


class Likelihood(NamedTuple):
    """What `likelihood_of_file` finds; the bits are an upper bound where `bound` is not empty."""

    images: int
    nats: float
    """Mean log-density of an image."""
    nats_error: float
    bits_per_pixel: float
    bits_error: float
    bound: Bound
    draws: int
    """Estimates of an image's density behind a bound of totals."""
    more_with_half: float
    """How much larger that bound is with half of the draws, bits per pixel."""
    has_grid: bool
    rounded_to_zero: float
    """Share of the non-zero pixels that the model's grid rounds to zero."""
    zeros_shared: bool
    """Whether the likelihood of these was counted, as training images have them."""
    given: tuple[str, ...]
    """Conditions that the density is of."""
    withheld: tuple[str, ...]
    """Conditions of the model that were not known."""
    label: str
    unit: str
    """Of the pixels, in which the density is."""
    warnings: tuple[str, ...]


class _Source(NamedTuple):
    """A file of images."""

    path: Path
    columns: tuple[str, ...]
    about: dict[str, Any]
    total: int | None

    def blocks(self, size: int, names: Sequence[str]) -> Iterator[dict[str, NDArray[Any]]]:
        """`images` (n, H, W) and the named columns."""
        if self.path.suffix not in _ARRAYS:
            with ImageFile(self.path) as file:
                yield from file.batches(size, names)
            return
        for block in image_blocks(self.path)[0]:
            for start in range(0, len(block), size):
                yield {"images": block[start : start + size]}


def likelihood_of_file(
    folder: str | Path,
    path: str | Path,
    *,
    label: str | None = None,
    conditions: Mapping[str, float] | None = None,
    use_columns: bool = True,
    training: str | Path | None = None,
    draws: int = 64,
    seed: int = 1,
    batch: int = 256,
    device: str | torch.device = "cpu",
    output: str | Path | None = None,
) -> Likelihood:
    """The likelihood of the images of a file, read block by block.

    Args:
        folder: of the model, or its packed file.
        path: image file, or images as .npy or .npz.
        label: of the images, for a model that knows several; None: what the file says.
        conditions: values for all images; of others the file's columns are taken.
        use_columns: whether columns of the file are taken as conditions.
        training: images by which the lowest level of a model's grid is shared between zeros and
            values that are rounded to zero; None: they count as zeros.
        draws: estimates of the density of an image where it is not exact.
        seed: of these.
        batch: images at once.
        device: where.
        output: file for the values of each image, `nats` and `bits_per_pixel`.

    Raises:
        DarkpixelError: the model has no density, or the file does not fit it.
    """
    source = _opened(Path(path))
    with model_folder(folder) as unpacked:
        config = load_config(unpacked)
        model = _load(unpacked, config, source, label, device)
    about = config.get("images", {})
    fixed = dict(conditions or {})
    known = [condition.name for condition in model.conditions if condition.name != CLASS]
    if model.chosen_class is None and CLASS in source.columns:
        known += [condition.name for condition in model.conditions if condition.name == CLASS]
    if foreign := fixed.keys() - {condition.name for condition in model.conditions}:
        raise DarkpixelError(
            f"{folder}: condition '{min(foreign)}': the model takes {', '.join(known) or 'none'}; "
            "leave it out."
        )
    columns = [name for name in known if use_columns and name in {*source.columns} - {*fixed}]
    unit = str(about.get("unit", source.about.get("unit", "")))
    scale = 1.0
    if unit and source.about.get("unit"):
        scale = conversion(path, source.about["unit"], unit)
    _check_pixels(path, source, about)
    quantise = getattr(model, "quantise", None)
    level = None
    if quantise is not None and training is not None:
        level = zero_level(quantise, training, torch.device(device))

    def blocks() -> Iterator[dict[str, Any]]:
        for block in source.blocks(batch, columns):
            pixels = block.pop("images")
            _check_size(path, pixels, model)
            values = {name: torch.as_tensor(found) for name, found in (block | fixed).items()}
            scaled = pixels if scale == 1.0 else pixels * np.float32(scale)
            checked = model.given_conditions(len(pixels), values)
            if model.chosen_class is not None:
                checked.pop(CLASS, None)  # known already
            yield {"images": scaled} | {name: given.numpy() for name, given in checked.items()}

    nats, more = RunningMean(), RunningMean()
    nonzero = lost = 0
    bound: Bound = ""
    height, width = model.image_size
    names = ("nats", "bits_per_pixel")
    attributes = {"model": str(folder), "file": str(path), "unit": unit}
    writing = nullcontext() if output is None else values_file(output, names, attributes)
    scored = scored_blocks(model, blocks(), level, draws=draws, seed=seed)
    bar = progress(source.total, "images", leave=False)
    with writing as append, bar:
        for found in scored:
            if found is None:
                raise DarkpixelError(_without(folder, model, columns, fixed))
            values = -found.bits * _LN2
            nats.add(values)
            bound = found.bound
            if found.more is not None:
                more.add(found.more / (height * width))
            nonzero, lost = nonzero + found.nonzero, lost + found.lost
            if append is not None:
                append({"nats": values, "bits_per_pixel": found.bits / (height * width)})
            bar.update(len(values))
    per_pixel = _LN2 * height * width
    seen = set() if bound == "totals" else {*columns, *fixed}
    seen |= {CLASS} if model.chosen_class is not None else set()
    takes = [condition.name for condition in model.conditions]
    return Likelihood(
        nats.count, nats.mean, nats.error, -nats.mean / per_pixel, nats.error / per_pixel, bound,
        draws if bound == "totals" else 0, more.mean, quantise is not None,
        lost / max(nonzero, 1), level is not None,
        tuple(name for name in takes if name in seen),
        tuple(name for name in takes if name not in seen),
        _label(config, model), unit, tuple(_warnings(folder, path, source.about, about)),
    )  # fmt: skip


def _opened(path: Path) -> _Source:
    if path.suffix in _ARRAYS:
        return _Source(path, (), image_blocks(path)[1], None)
    with ImageFile(path) as file:
        return _Source(path, file.columns, file.attributes, len(file))


def _load(
    folder: str | Path,
    config: Mapping[str, Any],
    source: _Source,
    label: str | None,
    device: str | torch.device,
) -> GenerativeModel:
    """The model for the label that is asked for, or that of the file, or those of its column."""
    classes = config.get("images", {}).get("classes")
    if label is None and classes is not None:
        label = source.about.get("label")
        if label not in classes:
            label = None
            if CLASS in source.columns:
                model = load_model(folder, device=device)
                if isinstance(model, GenerativeModel):
                    return model
    return load_generator(folder, device=device, label=label)


def _label(config: Mapping[str, Any], model: GenerativeModel) -> str:
    images = config.get("images", {})
    if model.chosen_class is not None and "classes" in images:
        return str(images["classes"][model.chosen_class])
    return str(images.get("label", ""))


def _check_pixels(path: str | Path, source: _Source, about: Mapping[str, Any]) -> None:
    one, other = source.about.get("pixel_size"), about.get("pixel_size")
    if one is not None and other is not None and not math.isclose(one, other, rel_tol=1e-5):
        raise DarkpixelError(
            f"{path}: pixels of {one:g}, those of the model's training images have {other:g}; "
            "give images of one scale."
        )


def _check_size(path: str | Path, pixels: NDArray[Any], model: GenerativeModel) -> None:
    if tuple(pixels.shape[1:]) != tuple(model.image_size):
        (height, width), (rows, columns) = model.image_size, pixels.shape[1:]
        raise DarkpixelError(
            f"{path}: images of {rows} x {columns} pixels; the model's have {height} x {width}."
        )


def _without(
    folder: str | Path,
    model: GenerativeModel,
    columns: Sequence[str],
    fixed: Mapping[str, float],
) -> str:
    lacking = [c.name for c in model.conditions if c.name not in {CLASS, *columns, *fixed}]
    text = f"{folder}: a model '{model.settings['model']}' has no density of images"
    if lacking and type(model).log_density is not GenerativeModel.log_density:
        return f"{text} whose {', '.join(lacking)} is not known; give it with --condition."
    return f"{text}, nor a bound of one; name another model."


def _warnings(
    folder: str | Path, path: str | Path, of_file: Mapping[str, Any], of_model: Mapping[str, Any]
) -> Iterator[str]:
    one, other = of_file.get("dataset"), of_model.get("dataset")
    if one is not None and other is not None and one != other:
        yield f"{path}: images of '{one}', but {folder} was trained on '{other}'."
    if not of_file.get("unit") and of_model.get("unit"):
        yield f"{path}: no unit; taken to be the model's, {of_model['unit']}."
