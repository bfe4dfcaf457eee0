"""Prepared muon images: simulated ones, their spectra matched, those of UCI, or a user's own."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from darkpixel.config.data import SplitSizes
from darkpixel.config.muons import MuonImaging
from darkpixel.config.names import PYTHIA
from darkpixel.datasets.muon_matching import chunk_events, matched_events
from darkpixel.datasets.own_files import Kind, file_in_angles, kind_in_angles, repeated_events
from darkpixel.datasets.repeats import Repeats
from darkpixel.datasets.splits import write_splits
from darkpixel.datasets.uci_muons import is_uci, uci_events, uci_size
from darkpixel.formats.units import GEV


def prepare(
    source: Literal["simulate", "file"],
    paths: Sequence[Path],
    outputs: Mapping[str, str | Path],
    *,
    label: str,
    imaging: MuonImaging,
    sizes: SplitSizes,
    seed: int,
    config_digest: str,
    reference: Sequence[Path] = (),
    match_pt: bool = True,
    beside: Iterable[str | Path] = (),
    columns: Sequence[str] = (),
) -> None:
    """Write the images of one label in three splits; either all of them appear or none.

    Args:
        source: of the muons, as in the configuration.
        paths: image files of the label's simulated chunks, or one file: UCI's, or a user's own.
        outputs: path of each split.
        imaging: of the simulation; a user's file may state its own pixel size.
        sizes, seed, config_digest: as in `write_splits`; the seed is also that of the matching.
        reference: simulated chunks whose spectrum of pT the images shall have; none: no matching.
        match_pt: whether images of a UCI file are kept in proportion to their weights.
        beside: a user's files of the other labels, whose images must have the same size.
        columns: that the images must have, as `required` in `write_splits`.

    Raises:
        DarkpixelError: a file is bad, or there are too few events.
    """
    pixel_size, origin = imaging.pixel_size, PYTHIA
    groups = None
    if source == "simulate":
        if reference:
            events = matched_events(paths, reference, sizes.total, seed)
        else:
            events = chunk_events(paths)
    else:
        origin = str(paths[0])
        if is_uci(origin):
            kind_in_angles(origin, pixel_size, beside, _kind)
            repeats = Repeats()
            events = uci_events(origin, seed=seed if match_pt else None, repeats=repeats)
            groups = repeats.groups(origin)
        else:
            events, pixel_size = file_in_angles(origin, pixel_size, beside, _kind)
            groups = repeated_events(origin)
    write_splits(
        *events,
        outputs,
        sizes=sizes,
        seed=seed,
        dataset="muons",
        label=label,
        pixel_size=pixel_size,
        unit="GeV",
        source=origin,
        config_digest=config_digest,
        required=columns,
        shuffled=source != "simulate",
        groups=groups,
    )


def _kind(path: str | Path, pixel_size: float) -> Kind:
    """Of either layout; UCI's says nothing of its pixels, which are in GeV."""
    return Kind(*uci_size(path), pixel_size, GEV) if is_uci(path) else Kind.of(path, pixel_size)
