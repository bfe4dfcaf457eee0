"""Match the muons' spectrum, where asked for, and split the images of one label."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.data import SplitSizes
from darkpixel.config.muons import MuonImaging
from darkpixel.datasets.muon_matching import chunk_events, matched_events
from darkpixel.datasets.splits import file_in_angles, write_splits
from darkpixel.datasets.uci_muons import is_uci, uci_events
from darkpixel.formats.digests import settings_digest
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, label = snakemake.params, snakemake.wildcards.label
    sizes = SplitSizes(**params.sizes)
    pixel_size = MuonImaging(**params.imaging).pixel_size
    if params.source == "simulate":
        source = "Pythia 8"
        paths, reference = (
            [Path(path) for path in snakemake.input.get(name, [])] for name in ("raw", "reference")
        )
        if reference:
            events = matched_events(paths, reference, sizes.total, params.seed)
        else:
            events = chunk_events(paths)
    else:
        source = str(snakemake.input.raw)
        if is_uci(source):
            events = uci_events(source, seed=params.seed if params.match_pt else None)
        else:
            beside = [path for path in params.beside if not is_uci(path)]
            events, pixel_size = file_in_angles(source, pixel_size, beside)
    write_splits(
        *events,
        {split: getattr(snakemake.output, split) for split in ("train", "validation", "test")},
        sizes=sizes,
        seed=params.seed,
        dataset="muons",
        label=label,
        pixel_size=pixel_size,
        unit="GeV",
        source=source,
        config_digest=settings_digest(dict(params.items())),
    )
