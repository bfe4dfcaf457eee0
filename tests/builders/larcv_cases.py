"""What the trees of a LArCV file may be: one case a line of docs/formats.md (`format_tables`)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from format_tables import WORKS
from larcv_files import PIXELS, Trees, classification, image_tree, segmentation, serialised
from numpy.typing import NDArray

from darkpixel.formats.initial_state import DIRECTION

Change = Callable[[Trees], None]


class Case(NamedTuple):
    """A file and what comes of it.

    Attributes:
        part: of the file.
        what: is found there.
        outcome: `works`, or what the one line says.
        make: trees of so many events, which are those of one of the public files.
        change: what is odd about them.
        tree: that the line names.
        columns: of the images, if it works.
    """

    part: str
    what: str
    outcome: str
    make: Callable[[int], Trees]
    change: Change
    tree: str = ""
    columns: frozenset[str] = frozenset()


def nothing(trees: Trees) -> None:
    """As the public files are."""


def drop(tree: str, branch: str | None = None) -> Change:
    def change(trees: Trees) -> None:
        if branch is None:
            del trees[tree]
        else:
            del trees[tree][branch]

    return change


def put(tree: str, branch: str, value: NDArray[Any]) -> Change:
    """Let the second event have `value`."""

    def change(trees: Trees) -> None:
        trees[tree][branch][1] = value

    return change


def cut(tree: str) -> Change:
    def change(trees: Trees) -> None:
        trees[tree] = {branch: values[:2] for branch, values in trees[tree].items()}

    return change


def pixel(tree: str, value: float) -> Change:
    planes = [np.full((PIXELS, PIXELS), value, np.float32)] * 3
    return put(tree, "_image_v._img", image_tree([planes])["_image_v._img"][0])


def another(trees: Trees) -> None:
    trees["cluster2d_data_tree"] = {"number": [np.arange(2.0)] * 3}


DATA, TRUTH, LABELS = "image2d_data_tree", "particle_mctruth_tree", "image2d_segment_tree"
IMAGE, ROWS = "_image_v._img", "_image_v._meta._row_count"
PLANE = np.zeros(PIXELS**2)
PARTICLE = frozenset({"event", "species", "momentum", *DIRECTION})

CASES: list[Case] = [
    Case("trees", "images and one particle an event", WORKS, classification, nothing,
         columns=PARTICLE),
    Case("trees", "images and labels", WORKS, segmentation, nothing,
         columns=frozenset({"event", "particles", "pixel_labels"})),
    Case("trees", "others beside", WORKS, classification, another, columns=PARTICLE),
    Case("trees", "no images", "is missing", classification, drop(DATA), DATA),
    Case("trees", "no particles", "is missing", classification, drop(TRUTH), TRUTH),
    Case("trees", "several particles and no labels", f"particles and the file no {LABELS}",
         segmentation, drop(LABELS), TRUTH),
    Case("trees", "particles of fewer events", f"has 2 events, but {DATA} has 3", classification,
         cut(TRUTH), TRUTH),
    Case("trees", "labels of fewer events", f"has 2 events, but {DATA} has 3", segmentation,
         cut(LABELS), LABELS),
    Case("branch", "no pixels", f"no branch {IMAGE}", classification, drop(DATA, IMAGE), DATA),
    Case("branch", "no momentum", "no branch _part_v._px", classification,
         drop(TRUTH, "_part_v._px"), TRUTH),
    Case("branch", "bytes that are no pixels", "cannot be read", classification,
         put(DATA, IMAGE, np.frombuffer(b"no vectors of floats", np.uint8)), DATA),
    Case("projections", "two, of an event that has three sizes", "event 1 has 2 projections",
         classification, put(DATA, IMAGE, serialised([PLANE] * 2)), DATA),
    Case("projections", "one of too few pixels", "100 values", classification,
         put(DATA, IMAGE, serialised([PLANE, PLANE, PLANE[:100]])), DATA),
    Case("projections", "one of another size", "256 x 512", classification,
         put(DATA, ROWS, np.array([256, 256, 512], np.uint64)), DATA),
    Case("pixel", "NaN", "NaN", classification, pixel(DATA, np.nan), DATA),
    Case("pixel", "negative", "negative", classification, pixel(DATA, -1.0), DATA),
    *(
        Case("label", f"{value:g}", f"holds {value}", segmentation, pixel(LABELS, value), LABELS)
        for value in (3.0, 0.5, np.nan)
    ),
    Case("momentum", "NaN", "event 1 has momentum nan", classification,
         put(TRUTH, "_part_v._px", np.array([np.nan])), TRUTH),
    Case("momentum", "of another mass than the particle's", "event 1 has momentum",
         classification, put(TRUTH, "_part_v._energy_init", np.array([1000.0])), TRUTH),
]  # fmt: skip
