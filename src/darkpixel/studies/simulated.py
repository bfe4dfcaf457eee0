"""Simulated images in one file, without the workflow: `darkpixel simulate`.

The images are made in chunks, each with a seed of its own, on as many cores as there are; the file
is the same for any number of cores.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation, MomentumRanges
from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.config.names import PYTHIA
from darkpixel.datasets.charge import unit_of
from darkpixel.datasets.lartpc import crop_events, scale_events
from darkpixel.datasets.muon_matching import chunk_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, column_types
from darkpixel.formats.files import folder_beside
from darkpixel.formats.image_writer import ImageWriter
from darkpixel.formats.seeds import job_seed
from darkpixel.formats.species import SPECIES, SpeciesCounts
from darkpixel.models.workers import Workers
from darkpixel.progress import progress
from darkpixel.simulation.argon import events as argon_events
from darkpixel.simulation.argon import simulation as argon
from darkpixel.simulation.jets import simulation as jets
from darkpixel.simulation.jets.images import event_blocks as jet_blocks
from darkpixel.simulation.muons import simulation as muons
from darkpixel.simulation.muons.pileup import read_pileup, simulate_pileup

Kind = Literal["jets", "muons", "argon"]

LABELS: dict[Kind, tuple[str, ...]] = {
    "jets": ("signal", "background"),
    "muons": ("signal", "background"),
    "argon": ("all",),
}
"""Of each kind, the one that is simulated where none is named first."""
_SETTINGS: dict[Kind, tuple[type[Any], type[Any]]] = {
    "jets": (JetSimulation, JetImaging),
    "muons": (MuonSimulation, MuonImaging),
    "argon": (ArgonSimulation, ArgonImaging),
}
_CHUNK = 500
"""Images of a chunk, at most: small, so that the cores end together."""


class _Chunk(NamedTuple):
    number: int
    images: int
    seed: int


def simulate_images(
    kind: Kind,
    images: int,
    path: str | Path,
    *,
    label: str | None = None,
    seed: int = 1,
    cores: int = 1,
    simulation: Mapping[str, Any] | None = None,
    imaging: Mapping[str, Any] | None = None,
    species: Sequence[int] = (),
    momentum: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Simulate `images` images and write them to an image file, which appears whole or not at all.

    Args:
        kind: of images.
        label: of `LABELS`; None: the first.
        seed: of all random numbers; same seed and settings, same bytes.
        cores: that share the work.
        simulation, imaging: settings that differ from the defaults, which are the papers'.
        species: argon only: PDG codes of the particles, drawn evenly; none: all five.
        momentum: argon only: its range, MeV/c; both ends the same: that momentum. None: the
            settings' range of each species.

    Returns:
        The settings, as they were used: `simulation` and `imaging`.

    Raises:
        DarkpixelError: an argument does not fit the kind of images, hardly any event is accepted,
            or the file cannot be written.
    """
    path = Path(path)
    label = _checked_label(kind, label)
    if images < 1:
        raise DarkpixelError(f"{kind}: {images} images asked for; ask for at least 1.")
    if kind != "argon" and (species or momentum):
        raise DarkpixelError(
            f"{kind}: species and momentum are those of single particles in argon; leave them out."
        )
    recipe, pictures = (
        settings(**(given or {}))
        for settings, given in zip(_SETTINGS[kind], (simulation, imaging), strict=True)
    )
    if momentum is not None:
        recipe = recipe.model_copy(update={"momentum": _every(momentum)})
    codes = _checked_species(species)
    chunks = _chunks(images, seed, kind, label)
    with folder_beside(path) as folder:
        make = _maker(kind, label, recipe, pictures, codes, folder, seed)
        remedy = "give fewer cores"
        bar = progress(images, "images", f"{kind}/{label}")
        with bar, Workers(make, min(cores, len(chunks)), what="simulation", remedy=remedy) as all_:
            blocks = _join(all_.results(chunks), kind, pictures)
            _write(blocks, path, kind, label, seed, recipe, pictures, codes, bar)
    return {"simulation": recipe.model_dump(), "imaging": pictures.model_dump()}


def _chunks(images: int, seed: int, kind: Kind, label: str) -> list[_Chunk]:
    return [
        _Chunk(number, min(_CHUNK, images - first), job_seed(seed, "simulate", kind, label, number))
        for number, first in enumerate(range(0, images, _CHUNK))
    ]


def _maker(
    kind: Kind,
    label: str,
    recipe: Any,
    pictures: Any,
    codes: Sequence[int],
    folder: Path,
    seed: int,
) -> Any:
    """A function of a chunk that simulates it and gives its file."""
    pool = None
    if kind == "muons" and recipe.pileup > 0:
        simulate_pileup(recipe, job_seed(seed, "simulate", "pileup"), folder / "pileup.h5")
        pool = read_pileup(folder / "pileup.h5")
    if kind == "argon":  # compiles the simulator once, before the cores share the work
        argon.simulate(
            recipe, pictures, kind="single", images=1, seed=1, path=folder / "first.h5",
            progress=False, species=codes,
        )  # fmt: skip

    def make(chunk: _Chunk) -> Path:
        path = folder / f"chunk{chunk.number}.h5"
        if kind == "jets":
            jets.simulate(recipe, label, chunk.images, chunk.seed, path, progress=False)  # type: ignore[arg-type]
        elif kind == "muons":
            muons.simulate(
                recipe, pictures, label, chunk.images, chunk.seed, path, pool=pool, progress=False  # type: ignore[arg-type]
            )  # fmt: skip
        else:
            argon.simulate(
                recipe, pictures, kind="single", images=chunk.images, seed=chunk.seed, path=path,
                first_event=chunk.number * _CHUNK, progress=False, species=codes,
            )  # fmt: skip
        return path

    return make


def _join(paths: Iterator[Path], kind: Kind, pictures: Any) -> Iterator[Block]:
    """The images of the chunks, in their order; each file is removed once it is read."""
    for path in paths:
        if kind == "jets":
            yield from jet_blocks([path], pictures)
        elif kind == "muons":
            yield from chunk_events([path]).blocks
        else:
            raw = argon_events.event_blocks([path], pictures)
            cropped = crop_events(raw, pictures, SpeciesCounts(), str(path))
            yield from scale_events(cropped, pictures)
        path.unlink()


def _write(
    blocks: Iterator[Block],
    path: Path,
    kind: Kind,
    label: str,
    seed: int,
    recipe: Any,
    pictures: Any,
    codes: Sequence[int],
    bar: Any,
) -> None:
    settings = {"simulation": recipe.model_dump(), "imaging": pictures.model_dump()}
    if kind == "argon":
        settings["species"] = list(codes)
    text = json.dumps(settings, sort_keys=True, default=str)
    about = {
        "height": pictures.pixels,
        "width": pictures.pixels,
        "dataset": {"argon": "lartpc"}.get(kind, kind),
        "label": label,
        "split": "all",
        "pixel_size": recipe.pixel_size if kind == "argon" else pictures.pixel_size,
        "unit": unit_of(pictures) if kind == "argon" else "GeV",
        "source": "compact simulator, not Geant4" if kind == "argon" else PYTHIA,
        "seed": seed,
        "config_digest": hashlib.sha256(f"{kind} {label} {text}".encode()).hexdigest()[:16],
        "attributes": {"settings": text},
    }
    first = next(blocks)
    with ImageWriter(path, columns=column_types(first[1]), **about) as writer:
        for images, columns in chain([first], blocks):
            writer.append(images, **columns)
            bar.update(len(images))


def _checked_label(kind: Kind, label: str | None) -> str:
    known = LABELS[kind]
    if label is None:
        return known[0]
    if label not in known:
        raise DarkpixelError(
            f"{kind}: no label '{label}' is simulated; choose of {', '.join(known)}."
        )
    return label


def _checked_species(species: Sequence[int]) -> tuple[int, ...]:
    if unknown := set(species) - SPECIES.keys():
        known = ", ".join(f"{name} ({code})" for code, name in SPECIES.items())
        raise DarkpixelError(f"species {min(unknown)} is not simulated; choose of {known}.")
    return tuple(species) or tuple(SPECIES)


def _every(momentum: tuple[float, float]) -> MomentumRanges:
    try:
        return MomentumRanges(**dict.fromkeys(MomentumRanges.model_fields, momentum))
    except ValueError as error:
        low, high = momentum
        raise DarkpixelError(
            f"momentum: found {low:g} to {high:g} MeV/c; the simulator knows 1 to 2000, the lower "
            "one first."
        ) from error
