"""The event display: a page through which one looks at single images, simulated and generated."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np

from darkpixel.config.names import LARTPC, LARTPC_VERTEX, PYTHIA
from darkpixel.figures.style import image_colours, log_norm
from darkpixel.formats.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.formats.species import SPECIES
from darkpixel.formats.units import energy_of
from darkpixel.metrics.kinematics import in_angles
from darkpixel.pages.events import SSNET, TRUTH, Part, in_script
from darkpixel.pages.look import render
from darkpixel.tables.names import OBSERVABLES, PIXEL_LABELS, SPECIES_SYMBOLS, UNITS, plain

SCRIPTS = ("event_data.js", "event_address.js", "event_picture.js", "event_controls.js",
           "event_quiz.js", "event_display.js")  # fmt: skip
STYLES = ("report.css", "events.css")

_LAYERS = {SSNET: "labels of SSNet", TRUTH: "labels of the simulation"}
_FIRST = ("species", "momentum", "length", "charge", "pt", "mass", "nonzero")
_SIMULATED = {
    "jet_pt": ("pT of the trimmed jet", "GeV"), "jet_mass": ("mass of the trimmed jet", "GeV"),
    "jet_eta": ("η of the jet", ""), "muon_pt": ("pT of the muon", "GeV"),
    "muon_eta": ("η of the muon", ""), "pileup": ("pile-up collisions", ""),
}  # fmt: skip
"""Title and unit of our simulations' columns; in a user's file the same name may mean another."""
_OF_ARGON = {"momentum": ("momentum", "MeV/c")}
_LEFT_OUT = ("event", "source_event", "chunk_seed", "shower_pixels", "track_pixels",
             "start_row", "start_column", "direction_row", "direction_column",
             "direction_depth")  # fmt: skip
"""Columns of our own files by which no one chooses an event."""

_MOST_CHOICES = 12


class Source(NamedTuple):
    """Who made images, and the script that holds them."""

    key: str
    title: str
    script: str
    """Its path from the page; empty where the page holds it."""
    remark: str = ""


class DataSet(NamedTuple):
    """What the page shows together: images of one kind."""

    name: str
    title: str
    parts: Sequence[Part]
    """Simulated events, one part a label; or those of the only file."""
    simulated: Source
    models: Sequence[Source] = ()


def catalogue(datasets: Sequence[DataSet], title: str) -> dict[str, Any]:
    """What the page knows before it has loaded any event."""
    colours = image_colours()(np.linspace(0, 1, 256))
    return {
        "title": title,
        "colours": "".join(mpl.colors.to_hex(colour)[1:] for colour in colours),
        "classes": [PIXEL_LABELS[label] for label in (BACKGROUND, SHOWER, TRACK)],
        "datasets": [_described(dataset) for dataset in datasets],
    }


def display_page(
    content: Mapping[str, Any],
    title: str,
    scripts: Sequence[str] | None,
    navigation: Sequence[tuple[str, str]] = (),
) -> str:
    """The page.

    Args:
        content: `catalogue`.
        scripts: of events that it holds; None where the page is one of a report's folder, with its
            styles, scripts and events beside it.
        navigation: names and files of that folder's pages.
    """
    return render(
        "events.html",
        title=title,
        catalogue=in_script(content),
        events=scripts,
        styles=STYLES,
        scripts=SCRIPTS,
        navigation=navigation,
        here="events.html",
    )


def _described(dataset: DataSet) -> dict[str, Any]:
    about = dataset.parts[0].about
    unit = str(about.get("unit", ""))
    known = " " in unit and energy_of(unit) is not None  # as 0.255 MeV, which no one reads
    ours = about.get("source") == PYTHIA
    in_argon = about.get("dataset") in (LARTPC, LARTPC_VERTEX)
    values = np.concatenate([part.values for part in dataset.parts])
    scale = log_norm(values)
    return {
        "name": dataset.name,
        "title": dataset.title,
        "labels": [part.label for part in dataset.parts],
        "unit": "MeV" if known else unit,
        "factor": energy_of(unit) if known else 1.0,
        "low": float(scale.vmin or 0.1),
        "high": float(scale.vmax or 1.0),
        "side": _side(about, dataset.parts[0].shape[1]),
        "layers": [
            {"name": name, "title": title}
            for name, title in _LAYERS.items()
            if any(name in part.layers for part in dataset.parts)
        ],
        "columns": _columns(
            dataset.parts, unit, _OF_ARGON if in_argon else _SIMULATED if ours else {}
        ),
        "simulated": dataset.simulated._asdict(),
        "models": [model._asdict() for model in dataset.models],
    }


def _side(about: Mapping[str, Any], width: int) -> dict[str, Any] | None:
    """How far a pixel is from its neighbour, and in what."""
    side = about.get("pixel_size")
    if side is None:
        return None
    if about.get("dataset") in (LARTPC, LARTPC_VERTEX):
        return {"size": side, "kind": "cm"}
    return {"size": side, "kind": "angles"} if in_angles(width, side) else None


def _columns(
    parts: Sequence[Part], unit: str, known: Mapping[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    """What events can be chosen by."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    found = []
    for name in sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else 99):
        numbers = sorted(
            {value for part in parts for value in part.columns.get(name, []) if value is not None}
        )
        if name in _LEFT_OUT or len(numbers) < 2:
            continue
        title = plain(OBSERVABLES.get(name, name.replace("_", " ")))
        title, of_name = known.get(name, (title, UNITS.get(name, "")))
        whole = all(number == math.floor(number) for number in numbers)
        choices = None
        few = name not in _FIRST and len(numbers) <= _MOST_CHOICES
        if name == "species" or (whole and few):
            choices = [[number, _choice(name, number)] for number in numbers]
        energy = name in ("pt", "mass")
        found.append(
            {
                "name": name,
                "title": title,
                "unit": unit if energy else of_name,
                "choices": choices,
                "low": numbers[0],
                "high": numbers[-1],
            }
        )
    return found


def _choice(name: str, number: float) -> str:
    if name != "species":
        return f"{number:g}"
    known = SPECIES.get(int(number))
    return SPECIES_SYMBOLS[known] if known else f"{number:g}"
