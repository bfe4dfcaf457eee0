"""Requires: common.smk. Gives: paths and sizes of the muon simulation."""

import math


def muon_images(label):
    """Accepted events of a label: more signal than needed where pT matching takes some away."""
    data = DATASETS["muons"]
    factor = data.signal_oversampling if data.match_pt and label == "signal" else 1
    return math.ceil(factor * data.images.total)


def muon_chunks(label):
    count = -(-muon_images(label) // DATASETS["muons"].simulation.images_per_chunk)
    return [f"{RESULTS}/events/muons/{label}/chunk{chunk}.h5" for chunk in range(count)]


def muon_chunk_images(wildcards):
    size = DATASETS["muons"].simulation.images_per_chunk
    return min(size, muon_images(wildcards.label) - int(wildcards.chunk) * size)


def muon_pool(wildcards):
    """The pool of pile-up; none without pile-up."""
    needed = DATASETS["muons"].simulation.pileup > 0
    return {"pool": f"{RESULTS}/events/muons/pileup.h5"} if needed else {}


def muon_inputs(wildcards):
    """The images of a label, and what its muons' spectrum is matched to."""
    data, label = DATASETS["muons"], wildcards.label
    if data.source == "file":
        return {"raw": data.file[label]}
    matched = data.match_pt and label == "signal"
    return {
        "raw": muon_chunks(label),
        "reference": muon_chunks("background") if matched else [],
    }
