"""What is wrong with a run that only its whole configuration and the disk show, before any job."""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from darkpixel.config.data import CustomData, Data, LArTPCData
from darkpixel.config.discovery import model_settings
from darkpixel.config.run import Run
from darkpixel.errors import DarkpixelError, breaks_lines
from darkpixel.formats.files import user_cache
from darkpixel.pipeline.events import Events

_PATHVAR = re.compile("<[a-z][a-z0-9_]*>")
"""As in `snakemake.pathvars`."""
_TOLERANCE = 2.0
"""Seconds by which a file's date may be ahead: some file systems round dates."""


def check_run(run: Run, events: Events) -> None:
    """Refuse a run that could not finish.

    Raises:
        DarkpixelError: a file of the user's is not there, a public file is not known, or a file's
            images are not what the key `columns`, or a model, needs.
    """
    for name, data in run.datasets.present().items():
        for source in events.downloads(name):
            events.source(source)
        if data.source == "file":
            for label, path in data.file.items():
                check_path(f"datasets.{name}.file.{label}", path)
                if not Path(path).is_file():
                    raise DarkpixelError(
                        f"datasets.{name}.file.{label}: no file {path}; correct the path"
                    )
            if data.columns or isinstance(data, CustomData):
                _check_images(run, name, data)
    if run.datasets.lartpc is not None and run.judges.ssnet.weights is not None:
        _check_ssnet(Path(run.judges.ssnet.weights))


class OwnFile(NamedTuple):
    """A user's file of images."""

    key: str
    """Where the configuration names it."""
    path: str
    images: int | None
    """None: not known before it is read, as of events that have to be cropped."""
    needed: int
    cropped: bool = False
    """Whether some of the images may not pass the crop, and are not counted then."""


def counted_files(run: Run) -> Iterator[OwnFile]:
    """The user's files with the number of their images, read from their headers.

    Raises:
        DarkpixelError: a file is no image file, or holds fewer images than its splits ask for.
    """
    # Only here, as below.
    from darkpixel.formats.hdf5 import open_hdf5
    from darkpixel.formats.image_file import ImageFile

    for name, data in run.datasets.present().items():
        for label, path in data.file.items() if data.source == "file" else ():
            key, needed = f"datasets.{name}.file.{label}", data.images.total
            images, cropped = None, False
            if not path.endswith(".root"):
                with open_hdf5(
                    Path(path), missing="correct the path", remedy="make it again"
                ) as h5:
                    plain = "images" in h5 or "low" not in h5  # not in the layout of UCI
                if plain:
                    with ImageFile(path) as file:
                        images = len(file)
                        side = data.imaging.pixels if isinstance(data, LArTPCData) else 0
                        cropped = side > 0 and file.shape[1:] != (side, side)
            if images is not None and images < needed:
                sizes = data.images
                raise DarkpixelError(
                    f"{key}: {path} holds {images} images, {needed} are needed (train "
                    f"{sizes.train} + validation {sizes.validation} + test {sizes.test}); lower "
                    f"datasets.{name}.images, or give more images"
                )
            yield OwnFile(key, path, images, needed, cropped)


def check_path(key: str, path: str | Path, *, on_search_path: bool = False) -> None:
    """Refuse a path that Snakemake would take for one with wildcards, or no log could show.

    Args:
        key: where it is from.
        path: to check.
        on_search_path: whether Python is to find modules below it.

    Raises:
        DarkpixelError: it has braces, a name in angle brackets or a character that breaks lines,
            or one that parts folders where modules are searched for.
    """
    text, found = str(path), ""
    if set("{}") & set(text):
        found = "braces, which Snakemake takes for wildcards"
    elif _PATHVAR.search(text):
        found = "a name between < and >, which Snakemake takes for one of its variables"
    elif wrong := next(filter(breaks_lines, text), None):
        found = f"the character {wrong!r}, with which no log could be read"
    elif on_search_path and os.pathsep in text:
        found = f"'{os.pathsep}', at which Python parts the folders of its modules"
    if found:
        raise DarkpixelError(f"{key}: {path} has {found}; rename the folder or the file")


def check_writable(folder: str | Path) -> None:
    """Make a folder that a run needs, and refuse one in which no file can be written.

    Raises:
        DarkpixelError: a disk that is read-only, full, or not there (a symbolic link leads to it),
            a folder of somebody else's, or a file in its place.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        at = next(path for path in (Path(folder), *Path(folder).parents) if os.path.lexists(path))
        found = f"{at}: {error.strerror}"
        if at.is_symlink() and not at.exists():
            found = f"{at} is a link to {at.readlink()}, which is not there"
        raise DarkpixelError(
            f"{folder}: no file can be written there ({found}); check that its disk is there and "
            "yours to write, or run in another folder (`--directory`)."
        ) from error


def check_cache() -> Path:
    """The user's cache folder, in which Snakemake and compiled kernels keep files.

    Raises:
        DarkpixelError: there is none, or it cannot be written.
    """
    cache = user_cache()
    if cache is None:
        raise DarkpixelError("cache: no home folder is known. Set XDG_CACHE_HOME to a folder.")
    try:
        check_writable(cache)
    except DarkpixelError as error:
        raise DarkpixelError(
            f"cache: {error} Set XDG_CACHE_HOME to a folder that can be written."
        ) from error
    return cache


def check_dates(folder: str | Path) -> None:
    """Refuse results that are dated after the clock of their disk, which was set back since.

    Snakemake would throw away what a job makes of them, after the job: it looks older than its
    input.

    Raises:
        DarkpixelError: there are such files.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        now = os.fstat(file.fileno()).st_mtime
    dates = ((path.stat().st_mtime, path) for path in Path(folder).rglob("*") if path.is_file())
    if later := [dated for dated in dates if dated[0] > now + _TOLERANCE]:
        moment, path = max(later)
        raise DarkpixelError(
            f"{path}: dated {_shown(moment)}, but it is {_shown(now)} (of {len(later)} such files "
            "the last): Snakemake would throw away what is made of them. Correct the clock, or, if "
            f"it is right, date them anew: find {folder}/ -newermt now -exec touch -d "
            f"'{_shown(now)}' {{}} +"
        )


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().isoformat(" ", "seconds")


def _check_images(run: Run, dataset: str, data: Data) -> None:
    """A user's image files have the columns that are asked for, and a shape for every model."""
    # Only here, since planning a run does without HDF5, which takes a while to import.
    from darkpixel.formats.image_file import ImageFile

    for label, path in data.file.items():
        if path.endswith(".root"):
            continue
        with ImageFile(path) as file:
            columns, (_, height, width) = file.columns, file.shape
        key = f"datasets.{dataset}.file.{label}"
        for name in data.columns:
            if name not in columns:
                raise DarkpixelError(
                    f"{key}: {path} has no column '{name}', which datasets.{dataset}.columns names "
                    f"(found {', '.join(columns) or 'none'}); add it to the file, or take it out "
                    "of the key"
                )
        if height == width:
            continue
        for name in data.models:
            model = run.model(name, dataset, label)
            if model_settings(model.model).needs_square(model.settings):
                raise DarkpixelError(
                    f"{key}: {path} has images of {height} x {width} pixels, and '{name}' takes "
                    f"square ones only; pad or crop them, or take it out of "
                    f"datasets.{dataset}.models (a sparse_transformer with `order: walk` takes any)"
                )


def _check_ssnet(weights: Path) -> None:
    """The weights of a segmentation network: one file, or a model's folder."""
    folder = [weights / "model.safetensors", weights / "config.yaml"]
    check_path("judges.ssnet.weights", weights)
    for path in [weights] if weights.suffix == ".safetensors" else folder:
        if not path.is_file():
            raise DarkpixelError(
                f"judges.ssnet.weights: no file {path}; name an SSNet's folder or the .safetensors "
                "file of its weights"
            )
