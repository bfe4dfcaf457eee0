"""The images of muons, whatever their source."""

from collections.abc import Sequence
from pathlib import Path

from darkpixel.config.muons import MuonImaging
from darkpixel.datasets.jets import Images
from darkpixel.datasets.muon_matching import chunk_events, matched_events
from darkpixel.datasets.splits import file_in_angles
from darkpixel.datasets.uci_muons import is_uci, uci_events


def muon_images(
    source: str,
    raw: Sequence[str | Path],
    reference: Sequence[str | Path],
    imaging: MuonImaging,
    *,
    images: int,
    match_pt: bool,
    seed: int,
    beside: Sequence[str | Path],
) -> Images:
    """The muon images of a label.

    Args:
        source: simulate, or file.
        raw: chunks of simulated events, or the user's own file.
        reference: simulated events to whose muon pT the label's is matched; none: no matching.
        imaging: its pixel size is that of simulated images and of files that do not state theirs.
        images: needed after the matching.
        match_pt: of a UCI file with weights, keep each image with a probability proportional to it.
        seed: of the matching.
        beside: the user's own files of the other labels, which must be on the same scale.
    """
    paths = [Path(path) for path in raw]
    pixel_size = imaging.pixel_size
    if source == "simulate":
        others = [Path(path) for path in reference]
        events = matched_events(paths, others, images, seed) if others else chunk_events(paths)
        return Images(events, pixel_size, "Pythia 8")
    name = str(raw[0])
    if is_uci(name):
        return Images(uci_events(name, seed=seed if match_pt else None), pixel_size, name)
    events, pixel_size = file_in_angles(
        name, pixel_size, [path for path in beside if not is_uci(path)]
    )
    return Images(events, pixel_size, name)
