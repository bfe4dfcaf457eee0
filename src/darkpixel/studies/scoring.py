"""Generated images of any origin against simulated ones: `darkpixel evaluate`.

All numbers are of the same n images a side, drawn at random. What the reference keeps beyond its
first n images says how far a perfect generator is from it: that is each measure's floor, and, with
pixels 5% too large, whether the measure sees anything at all.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from darkpixel.config.evaluation import Evaluation
from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.two_sample import TwoSample
from darkpixel.datasets.foreign import Foreign, Grid, Named, random_images
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import scratch_folder
from darkpixel.formats.image_file import ImageWriter
from darkpixel.formats.units import check_stated, conversion
from darkpixel.metrics import frechet
from darkpixel.metrics.argon_features import argon_features
from darkpixel.metrics.controls import with_verdicts
from darkpixel.metrics.coverage import FAULTS
from darkpixel.metrics.features import (
    SCALE,
    SCALED,
    Describe,
    Sample,
    image_features,
    sample_features,
)
from darkpixel.metrics.kinematics import in_angles
from darkpixel.metrics.lartpc_rows import lartpc_rows
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, shape_observables
from darkpixel.metrics.memorisation import memorisation_rows, nearest_training_images
from darkpixel.metrics.observables import Source, measure_observables
from darkpixel.metrics.rows import wasserstein_rows
from darkpixel.metrics.sample_distances import feature_tables
from darkpixel.models.device import memory_limit
from darkpixel.progress import progress

ARGON, PLAIN = "lartpc", "plain"
KINDS = ("jets", "muons", ARGON, PLAIN)
"""What `--dataset` may name. Images in eta and phi have pT and mass, those of argon are described
by clusters of charge, plain ones by sums and pixels alone."""
_MOST_SETS = 4  # reference images beyond the first n, in units of n: sets for the floor
_FEWEST = 20  # images a side, for measures of all features at once
_SIDES = {ARGON: 0.5, PLAIN: 0.01}
"""Sides of pixels, where nothing says them: cm; and small, so that moments are those of a plane."""
_SCALED = ("auc", "fpd", "kpd")
"""Measures whose control is the reference with pixels that are 5% too large."""
_SIMULATED = ("train", "validation", "test", "all")
"""Splits of images that no model made: those of a run, and that of `darkpixel simulate`."""
_UNLIKE = 2.0  # a ratio of mean sums that says that units differ


_SILENT = 'give --unit "{unit}" (from Python: unit) if it is the same, else its own'


Origin = str | Path | Named


class Score(NamedTuple):
    """What `score` finds."""

    rows: pd.DataFrame
    """A row for each file and measure: `model`, `observable`, `value`, `error`, `floor`,
    `floor_error`, `n`; `control`: the value of reference images with pixels 5% too large, NaN
    where it says nothing; `verdict`: why a number cannot be quoted, else empty."""
    observables: pd.DataFrame
    """Of every image, `darkpixel.metrics.observables.measure_observables`, for plots."""
    warnings: list[str]
    """What says that files do not belong together."""
    about: dict[str, Any]
    """`reference`, `dataset`, `unit`, `pixel_size`, `n`, `seed`, `images` of each file."""


def score(
    reference: Origin,
    generated: Mapping[str, Origin],
    *,
    training: Origin | None = None,
    n: int = 10_000,
    seed: int = 1,
    dataset: str | None = None,
    pixel_size: float | None = None,
    unit: str | None = None,
    grid: Grid | None = None,
) -> Score:
    """Distances of generated from reference images, which are in files or named arrays.

    Args:
        reference: simulated images, 40 or more.
        generated: by name; of the same size of images.
        training: images that the generators were trained on, for the measures of memorisation.
        n: images a side, at most half of the reference and the smallest file.
        seed: of the draw of the images, and of all resampling.
        dataset: one of `KINDS`; None: what the files say, else `plain`.
        pixel_size: side of a pixel; None: what the files say.
        unit: of the pixels; None: what the files say.
        grid: for files that hold no images.

    Raises:
        DarkpixelError: a file cannot be read, sizes or units do not fit, or there are too few
            images.
    """
    if not generated:
        raise DarkpixelError("evaluate: no generated images; name one file or more of them.")
    if pixel_size is not None and not 0 < pixel_size < math.inf:
        raise DarkpixelError(
            f"evaluate: pixels of {pixel_size:g}; give a size above 0, and finite."
        )
    share = memory_limit() // 2 // (2 + (training is not None))  # of images that are kept
    asked = (1 + _MOST_SETS) * n
    real = random_images(reference, asked, seed, grid, memory=share)
    made = {
        name: random_images(path, n, seed, grid, memory=share // len(generated))
        for name, path in generated.items()
    }
    warnings = _fewer([(reference, real, asked), *((generated[k], made[k], n) for k in made)])
    for name, found in made.items():
        if found.images.shape[1:] != real.images.shape[1:]:
            raise DarkpixelError(
                f"{generated[name]}: images of {found.images.shape[1:]} pixels, but those of "
                f"{reference} have {real.images.shape[1:]}; compare images of one size."
            )
    n = min(n, len(real.images) // 2, *(len(found.images) for found in made.values()))
    if not n:
        raise DarkpixelError(
            f"{reference}: {real.total} image; a reference needs 2 or more, since the floor is the "
            "distance between two halves of it."
        )
    stated: dict[str, Any] = {"dataset": dataset, "pixel_size": pixel_size}
    for found in (real, *made.values()):  # what one file says holds for those that say nothing
        stated |= {
            key: found.about[key] for key in stated if stated[key] is None and key in found.about
        }
    stated["unit"] = real.about.get("unit", unit)
    about = _about(stated, max(real.images.shape[1:]))
    write = partial(_write, about=about, real=(reference, stated["unit"]), asked=(pixel_size, unit))
    about |= {"reference": str(reference), "n": n, "seed": seed}
    about["images"] = {str(reference): real.total, **{k: v.total for k, v in made.items()}}
    trees, argon = n >= _FEWEST, about["dataset"] == ARGON
    steps = 1 + trees + argon + (training is not None)
    bar = progress(steps, "steps", "observables", leave=False)
    with scratch_folder() as folder, bar:
        test = write(folder / "reference.h5", real, reference)
        samples = {
            name: write(folder / f"{number}.h5", found, generated[name])
            for number, (name, found) in enumerate(made.items())
        }
        sources = [Source(name, 0, path) for name, path in samples.items()]
        observables = measure_observables(sources, test)
        names = _observables(about)
        tables = [
            wasserstein_rows(
                observables,
                dataset="",
                label="",
                settings=Evaluation(n=n),
                published={},
                names=names,
            ),
        ]
        if trees:
            _next(bar, "AUC, FPD, KPD, coverage")
            tables += _feature_rows(sources, test, len(real.images), n, about, seed)
        if argon:
            _next(bar, "shapes")
            tables.append(_shape_rows(sources, test, n))
        if training is not None:
            _next(bar, "nearest training images")
            settings = TwoSample()
            asked = 100 * settings.memorisation_images
            learned = random_images(training, asked, seed, grid, memory=share)
            warnings += _fewer([(training, learned, asked)])
            train = write(folder / "training.h5", learned, training)
            count = min(n, settings.memorisation_images)
            tables.append(_memorised(sources, test, train, count, seed, mirrored=argon))
    warnings += _warnings(reference, real, [(generated[name], made[name]) for name in made], unit)
    if n < _FEWEST:
        warnings.append(f"{n} images a side are too few for AUC, FPD, KPD and coverage.")
    return Score(_joined(tables, list(made)), observables, warnings, about)


def _next(bar: "tqdm[Any]", step: str) -> None:
    bar.update()
    bar.set_description(step)


def _about(stated: Mapping[str, Any], side: int) -> dict[str, Any]:
    kind = stated["dataset"] if stated["dataset"] in KINDS else PLAIN
    width = stated["pixel_size"]
    if width is None and kind in ("jets", "muons"):
        raise DarkpixelError(
            f"evaluate: {kind} without a pixel size, which pT and mass need; give --pixel-size "
            "(from Python: pixel_size)."
        )
    width = float(_SIDES[kind] if width is None else width)
    if kind in ("jets", "muons") and not in_angles(side, width):
        kind = PLAIN  # more than once around in phi: the pixels are no angles
    unit = stated["unit"] or ("0.255 MeV" if kind == ARGON else "")
    return {"dataset": kind, "pixel_size": width, "unit": unit}


def _observables(about: Mapping[str, Any]) -> tuple[str, ...]:
    flat = ("sum", "maximum", "nonzero")
    return ("pt", "mass", "girth", *flat) if about["dataset"] in ("jets", "muons") else flat


def _write(
    path: Path,
    found: Foreign,
    origin: Origin,
    *,
    about: Mapping[str, Any],
    real: tuple[Origin, str | None],
    asked: tuple[float | None, str | None],
) -> str:
    """The images in a file as the measures read them, in the unit of the reference.

    Args:
        origin: where they come from.
        real: the reference, and its unit where it is known.
        asked: size and unit of the pixels, of files that do not say them.
    """
    images = found.images
    stated = found.about.get("unit", asked[1])
    check_stated(origin, stated, *real, remedy=_SILENT)
    if stated and about["unit"]:
        images = images * np.float32(conversion(origin, stated, about["unit"]))
    side = float(found.about.get("pixel_size", about["pixel_size"]))
    if not np.isclose(side, about["pixel_size"]):
        raise DarkpixelError(
            f"{origin}: pixels of {side:g}, those of the reference have {about['pixel_size']:g}; "
            "compare images of one scale."
            if asked[0] is None
            else f"{origin}: says that its pixels have {side:g}, not {asked[0]:g}; leave out "
            "--pixel-size (from Python: pixel_size)."
        )
    with ImageWriter(
        path, height=images.shape[1], width=images.shape[2], dataset=about["dataset"], label="all",
        split="all", pixel_size=about["pixel_size"], unit=about["unit"] or "1",
        source=str(origin), seed=0, config_digest="0", compressed=False,
    ) as writer:  # fmt: skip
        writer.append(images)
    return str(path)


def _feature_rows(
    sources: Sequence[Source], test: str, total: int, n: int, about: Mapping[str, Any], seed: int
) -> list[pd.DataFrame]:
    """Two-sample AUC, FPD, KPD, coverage and density, controls first."""
    describe: Describe = (
        partial(argon_features, threshold=Evaluation().lartpc.threshold)
        if about["dataset"] == ARGON
        else partial(image_features, pixel_size=about["pixel_size"])
    )
    controls = [
        Sample(MONTE_CARLO, 0, test, start=n),
        Sample(SCALED, 0, test, start=n, scale=SCALE),
    ]
    samples = [*controls, *(Sample(*source) for source in sources)]
    real = sample_features(Sample(MONTE_CARLO, 0, test), n, describe)
    features = {sample: sample_features(sample, n, describe) for sample in samples}
    sets = min(_MOST_SETS, total // n - 1)
    perfect = [
        sample_features(Sample(MONTE_CARLO, 0, test, start=(1 + place) * n), n, describe)
        for place in range(sets)
    ]
    tables = feature_tables(
        real, features, perfect, describe, TwoSample(seed=seed), dataset="", label=""
    )
    return [
        tables["two_sample"],
        with_verdicts(tables["distances"], frechet.FAULTS),
        with_verdicts(tables["coverage"], FAULTS),
    ]


def _shape_rows(sources: Sequence[Source], test: str, n: int) -> pd.DataFrame:
    """W1 of the shapes of argon images; those of species apart are left out."""
    settings = LArTPCEvaluation(n=n)
    shapes = shape_observables(sources, test, settings.threshold)
    rows = lartpc_rows(shapes, dataset="", label="", settings=settings, names=SHAPE_OBSERVABLES)
    return rows[rows["species"] == "all"]


def _memorised(
    sources: Sequence[Source],
    test: str,
    train: str,
    count: int,
    seed: int,
    *,
    mirrored: bool,
) -> pd.DataFrame:
    """Nearest training images of generated ones, and of the reference."""
    reference = Sample(MONTE_CARLO, 0, test)
    samples = [Sample(*source) for source in sources]
    nearest = nearest_training_images([reference, *samples], count, train, mirrored=mirrored)
    own = nearest.pop(reference)
    return memorisation_rows(own, nearest, dataset="", label="", seed=seed)


def _joined(tables: Sequence[pd.DataFrame], files: Sequence[str]) -> pd.DataFrame:
    """Rows of the generated files in their order, with the controls' values beside them."""
    columns = ["model", "observable", "value", "error", "floor", "floor_error", "n"]
    rows = pd.concat(
        [table.reindex(columns=[*columns, "verdict"]) for table in tables], ignore_index=True
    )
    scaled = rows[(rows.model == SCALED) & rows.observable.isin(_SCALED)]
    rows = pd.concat([rows[rows.model == file] for file in files], ignore_index=True)
    control = rows.observable.map(scaled.set_index("observable")["value"])
    return rows.assign(control=control, verdict=rows.verdict.astype(object).fillna(""))


def _fewer(files: Sequence[tuple[Origin, Foreign, int]]) -> list[str]:
    """Of which files fewer images were taken than they have and than were asked for."""
    return [
        f"{path}: {len(found.images):,} of {found.total:,} images are taken, as many as there "
        "is memory for; a computer, or a job, with more of it takes more."
        for path, found, asked in files
        if len(found.images) < min(asked, found.total)
    ]


def _warnings(
    reference: Origin,
    real: Foreign,
    made: Sequence[tuple[Origin, Foreign]],
    unit: str | None,
) -> list[str]:
    """What says that two files do not belong together, or were taken for each other.

    Args:
        unit: of the files that state none, if it was given.
    """
    found = []
    mean = float(real.images.sum(axis=(1, 2), dtype=np.float64).mean())
    if real.about.get("split") == "generated":
        found.append(f"{reference}: the reference is generated images itself; is it the right one?")
    for path, other in made:
        for key in ("dataset", "label"):
            one, two = (about.get(key) for about in (real.about, other.about))
            if one is not None and two is not None and one != two:
                found.append(f"{path}: {key} '{two}', that of the reference is '{one}'.")
        if other.about.get("split") in _SIMULATED:
            found.append(
                f"{path}: simulated images (split '{other.about['split']}'), not generated ones; "
                "the reference comes first."
            )
        stated = [about.get("unit", unit) for about in (real.about, other.about)]
        sums = float(other.images.sum(axis=(1, 2), dtype=np.float64).mean())
        if stated[0] and not stated[1]:
            found.append(f"{path}: no unit; taken to be that of the reference, {stated[0]}.")
        converted = None not in stated and stated[0] != stated[1]
        if not converted and not mean / _UNLIKE <= sums <= mean * _UNLIKE:
            remedy = "" if stated[1] else " If not, give --unit (from Python: unit)."
            found.append(
                f"{path}: the mean sum of an image is {sums:.4g}, that of the reference "
                f"{mean:.4g}; are they in one unit?{remedy}"
            )
    return found
