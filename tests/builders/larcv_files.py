"""Small ROOT files in the layout of LArCV's, byte for byte where it matters.

uproot does not write C++ objects. Its reader sees no difference between LArCV's branch of
`vector<vector<float>>` and one of plain bytes with the same content, nor between a branch inside
a split object and one of the same name at the top of the tree.
"""

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

PIXELS = 256

Trees = dict[str, dict[str, list[NDArray[Any]]]]
"""Tree, branch, one array per event."""


def serialised(projections: list[NDArray[Any]]) -> NDArray[np.uint8]:
    """An event's `_image_v._img` as ROOT stores it: byte count and version, then the vectors."""
    content = b"".join(
        np.array(values.size, ">u4").tobytes() + values.astype(">f4").tobytes()
        for values in projections
    )
    header = np.array([0x40000000 | (len(content) + 2)], ">u4").tobytes() + b"\x00\x09"
    return np.frombuffer(header + content, np.uint8)


def image_tree(events: list[list[NDArray[Any]]]) -> dict[str, list[NDArray[Any]]]:
    """Branches of an image tree; an event is a list of projections [column, row]."""
    return {
        "_image_v._img": [serialised([plane.ravel() for plane in event]) for event in events],
        "_image_v._meta._col_count": [
            np.array([plane.shape[0] for plane in event], np.uint64) for event in events
        ],
        "_image_v._meta._row_count": [
            np.array([plane.shape[1] for plane in event], np.uint64) for event in events
        ],
    }


def particle_tree(
    codes: list[list[int]], momenta: NDArray[np.float64], energies: NDArray[np.float64]
) -> dict[str, list[NDArray[Any]]]:
    """Branches of a particle tree; every particle of an event has the event's momentum (3,)."""
    tree = {"_part_v._pdg": [np.array(found, np.int32) for found in codes]}
    for axis, name in enumerate("xyz"):
        tree[f"_part_v._p{name}"] = [
            np.full(len(found), momentum[axis])
            for found, momentum in zip(codes, momenta, strict=True)
        ]
    tree["_part_v._energy_init"] = [
        np.full(len(found), energy) for found, energy in zip(codes, energies, strict=True)
    ]
    return tree


def random_projections(events: int, seed: int = 1) -> list[list[NDArray[Any]]]:
    """Three sparse projections [column, row] per event, in 0.01 MeV."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(events):
        planes = np.zeros((3, PIXELS, PIXELS), np.float32)
        columns, rows = rng.integers(90, 160, (2, 300))
        planes[:, columns, rows] = rng.uniform(5, 400, (3, 300))
        made.append(list(planes))
    return made


def classification(events: int, seed: int = 1) -> Trees:
    """Trees of a classification file: one particle of 300 to 800 MeV/c per event."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(events, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    size = rng.uniform(300, 800, events)
    code = rng.choice([11, 22, 13, 211, 2212], events)
    return {
        "image2d_data_tree": image_tree(random_projections(events, seed)),
        "particle_mctruth_tree": particle_tree(
            [[int(one)] for one in code],
            size[:, None] * direction,
            np.sqrt(size**2 + 938.272**2) / 1000,  # GeV, as in the public files
        ),
    }


def segmentation(events: int, seed: int = 1) -> Trees:
    """Trees of a segmentation file: two to five particles per event, a class for every pixel."""
    rng = np.random.default_rng(seed)
    planes = random_projections(events, seed)
    return {
        "image2d_data_tree": image_tree(planes),
        "image2d_segment_tree": image_tree(
            [
                [rng.integers(1, 3, plane.shape).astype(np.float32) for plane in event]
                for event in planes
            ]
        ),
        "particle_mctruth_tree": particle_tree(
            [[13] * int(count) for count in rng.integers(2, 6, events)],
            np.full((events, 3), 100.0),
            np.full(events, 0.3),
        ),
    }


def write_trees(path: Path, trees: Trees, **options: Any) -> Path:
    """Write the trees; as in the public files, every event's images are a basket of their own.

    Args:
        options: of `uproot.recreate`.
    """
    with uproot.recreate(path, **options) as file:
        for name, branches in trees.items():
            kinds = {branch: values[0].dtype for branch, values in branches.items()}
            tree = file.mktree(name, {key: f"var * {kind}" for key, kind in kinds.items()})
            for event in zip(*branches.values(), strict=True):
                tree.extend(
                    {
                        key: ak.from_regular(values[np.newaxis])
                        for key, values in zip(kinds, event, strict=True)
                    }
                )
    return path
