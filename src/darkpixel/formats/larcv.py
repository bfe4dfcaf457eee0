"""LArCV files: the public liquid-argon images of the DeepLearnPhysics collaboration (2017).

A ROOT file holds one TTree per data product, with one entry per event in each:

- `image2d_data_tree`: three projections of 256 x 256 pixels (planes xy, yz, zx), in 0.01 MeV;
- `image2d_segment_tree` (segmentation files only): the class of every pixel, 0 background,
  1 shower, 2 track, in the same layout; where both deposit, it is track;
- `particle_mctruth_tree`: the particles that were shot into the argon.

Orientation. LArCV stores pixel (column, row) of a projection at column * rows + row; columns count
the plane's first axis and rows its second, both upwards. An image here has the plane's second axis
as its rows and the first as its columns: for zx, image[r, c] lies at x = x0 + 0.5 cm * (r + 1/2)
and z = z0 + 0.5 cm * (c + 1/2). Ten public proton events confirm it: the mean cosine between
(charge centroid - vertex) and momentum is 0.999, 0.964 and 0.994 in the three planes, and below
0.2 when an axis is swapped or turned round.

Units. The files give energies in GeV where their documentation says MeV, and momenta in MeV/c.

Files: http://deeplearnphysics.org/DataChallenge, entries `larcv_*` of config/sources.yaml.
"""

import logging
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import uproot
from numpy.typing import NDArray
from uproot.containers import AsArray, AsVector
from uproot.interpretation.objects import AsObjects

from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block
from darkpixel.formats.image_format import TRACK, bad_image
from darkpixel.formats.initial_state import DIRECTION, initial_columns

PLANES = ("xy", "yz", "zx")
PIXELS = 256
"""Pixels per side of every projection."""

_IMAGES, _LABELS, _PARTICLES = "image2d_data_tree", "image2d_segment_tree", "particle_mctruth_tree"
_STEP = 32  # events at once; a projection of one event takes 256 KiB, and all three are read
_LARGEST = 2**29  # bytes of the baskets that hold them, which are read whole
_HIGHEST = 1e4  # MeV/c; the public events end at 800 MeV/c, so more means another unit
_SIZES = ("_col_count", "_row_count")
_REMEDY = "copy or download it again"
_OTHER = "give a DeepLearnPhysics 2017 file, or convert yours to an image file (source: file)"

# std::vector<float> of every projection, one after another. Declared here, not left to uproot,
# so that a file of another class is refused by its sizes instead of being read as something else.
_PROJECTIONS = AsObjects(AsArray(True, False, AsVector(False, np.dtype(">f4"))))

logger = logging.getLogger(__name__)


def larcv_events(paths: Sequence[str | Path], plane: str) -> Iterator[Block]:
    """Stream the events of LArCV files, all classification or all segmentation files.

    Blocks hold raw images (n, 256, 256) float32 in 0.01 MeV and the columns

    - `event` int64, its number in the file, counted on through the files;
    - classification files: `species` int32 (PDG code), `momentum` float32, MeV/c, and direction and
      start of the particle, as `darkpixel.formats.initial_state` has them; no start where a file
      does not say where its particles or images are;
    - segmentation files: `particles` int32 (number from the vertex) and `pixel_labels`
      (n, 256, 256) uint8, 0 where the pixel is empty.

    Events of another number of projections than three are left out, with a warning that counts
    them: test_40k.root holds 2,477, of 6 to 24 (DeepLearnPhysics/larcv2, issue 17).

    Args:
        plane: one of `PLANES`.

    Raises:
        DarkpixelError: a file is absent, damaged or not such a LArCV file; one line says where.
    """
    index = PLANES.index(plane)
    first = 0
    kind: set[str] = set()
    for path in map(Path, paths):
        for images, columns in _file_events(path, index):
            number = columns.pop("number")
            kind = kind or set(columns)
            if set(columns) != kind:
                raise DarkpixelError(
                    f"{path}: gives {', '.join(columns)}, but {paths[0]} gives "
                    f"{', '.join(sorted(kind))}; do not mix classification and segmentation files, "
                    "nor files with and without start points."
                )
            yield images, {"event": first + number, **columns}
        first += 1 + int(number[-1])


class _Tree:
    """One tree of an open file; branches go by their own name, at whatever depth."""

    def __init__(self, path: Path, file: Any, name: str) -> None:
        self.path, self.name = path, name
        try:
            names = file.keys(cycle=False)
            if name in names:
                tree = file[name]
                self.count = int(tree.num_entries)
                self._branches = {branch.name: branch for branch in tree.itervalues(recursive=True)}
        except Exception as error:  # uproot raises almost anything on damaged bytes
            raise self.fault(f"cannot be read ({_line(error)})") from error
        if name not in names:
            raise self.fault(f"is missing (found {', '.join(names) or 'nothing'})", _OTHER)

    def has(self, *names: str) -> bool:
        return all(name in self._branches for name in names)

    def read(
        self, name: str, start: int, stop: int, interpretation: Any = None
    ) -> NDArray[np.object_]:
        """What events `start` to `stop` hold, one array per event."""
        if name not in self._branches:
            raise self.fault(f"has no branch {name}", _OTHER)
        try:
            size = _size(self._branches[name], start, stop)
            if size > _LARGEST:
                raise self.fault(
                    f"branch {name}, events {start} to {stop}: {size / 1e6:.0f} MB in its baskets, "
                    f"which are read whole, at most {_LARGEST / 1e6:.0f} MB",
                    "write the file with smaller baskets",
                )
            values: NDArray[np.object_] = self._branches[name].array(
                interpretation, entry_start=start, entry_stop=stop, library="np"
            )
        except DarkpixelError:
            raise
        except Exception as error:  # as above
            problem = f"branch {name}, events {start} to {stop}, cannot be read ({_line(error)})"
            raise self.fault(problem) from error
        if len(values) != stop - start:
            raise self.fault(f"branch {name} ends at event {start + len(values)} of {self.count}")
        return values

    def fault(self, problem: str, remedy: str = _REMEDY) -> DarkpixelError:
        return DarkpixelError(f"{self.path}: {self.name} {problem}; {remedy}.")


def _size(branch: Any, start: int, stop: int) -> int:
    """Bytes of the baskets with events `start` to `stop`, as their headers say."""
    edges = branch.entry_offsets
    first, last = bisect_right(edges, start) - 1, bisect_left(edges, stop)
    numbers = range(max(first, 0), min(last, len(edges) - 1))
    return sum(int(branch.basket_uncompressed_bytes(number)) for number in numbers)


def _file_events(path: Path, plane: int) -> Iterator[Block]:
    with _open(path) as file:
        images = _Tree(path, file, _IMAGES)
        particles = _Tree(path, file, _PARTICLES)
        labels = _Tree(path, file, _LABELS) if _LABELS in file else None
        for tree in [particles, labels] if labels else [particles]:
            if tree.count != images.count:
                raise tree.fault(f"has {tree.count} events, but {_IMAGES} has {images.count}")
        if not images.count:
            raise images.fault("has no events")
        left_out: Counter[int] = Counter()
        for start in range(0, images.count, _STEP):
            part = _Part(start, min(start + _STEP, images.count))
            found = part.projections(images)
            if labels is not None:  # of the same events
                found = np.where(found == len(PLANES), part.projections(labels), found)
            part.kept = np.flatnonzero(found == len(PLANES))
            left_out.update(found[found != len(PLANES)].tolist())
            if not len(part.kept):
                continue
            block = part.planes(images, plane)
            bad = bad_image(block)
            if bad is not None:
                raise images.fault(
                    f"event {part.number(bad)} holds a NaN, infinite or negative pixel"
                )
            columns: dict[str, NDArray[Any]] = {"number": part.start + part.kept}
            if labels is None:
                single, direction = _single_particles(particles, part)
                place = _starts(images, particles, plane, part)
                initial = initial_columns(
                    PLANES[plane], np.zeros_like(direction) if place is None else place, direction
                )
                if place is None:
                    initial = {name: initial[name] for name in DIRECTION}
                yield block, columns | single | initial
            else:
                count = [len(codes) for codes in part.read(particles, "_part_v._pdg")]
                classes = _pixel_labels(labels, plane, part)
                classes[block == 0] = 0
                columns["particles"] = np.array(count, np.int32)
                yield block, {**columns, "pixel_labels": classes}
        _report(images, left_out)


def _report(images: _Tree, left_out: Mapping[int, int]) -> None:
    """Say how many events had another number of projections than three.

    Raises:
        DarkpixelError: all had.
    """
    total = sum(left_out.values())
    if not total:
        return
    counts = ", ".join(f"{number} with {found}" for found, number in sorted(left_out.items()))
    if total == images.count:
        raise images.fault(
            f"has no event of the {len(PLANES)} projections of the public files (found {counts})",
            _OTHER,
        )
    logger.warning(
        "%s: %d of %d events do not have %d projections (%s) and are left out",
        *(images.path, total, images.count, len(PLANES), counts),
    )


class _Part:
    """Events `start` to `stop` of a file, of which those are used that are not to be left out."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        self.kept: NDArray[np.intp] = np.arange(stop - start)
        self._vectors: dict[str, NDArray[np.object_]] = {}

    def number(self, place: int) -> int:
        """The number in the file of the event at a place among those kept."""
        return self.start + int(self.kept[place])

    def read(self, tree: _Tree, name: str) -> NDArray[np.object_]:
        """What the events kept hold, one array each."""
        return tree.read(name, self.start, self.stop)[self.kept]

    def singles(self, tree: _Tree, name: str) -> NDArray[Any]:
        """A number of the one particle of each event kept."""
        values = self.read(tree, name)
        for place, found in enumerate(values):
            if len(found) != 1:
                raise tree.fault(
                    f"branch {name}, event {self.number(place)}, holds {len(found)} numbers of one "
                    "particle"
                )
        return np.concatenate(values)

    def bound(self, tree: _Tree, name: str, plane: int) -> NDArray[Any]:
        """Where a projection of each event kept begins or ends."""
        values = self.read(tree, name)
        for place, found in enumerate(values):
            if len(found) <= plane:
                raise tree.fault(
                    f"branch {name}, event {self.number(place)}, holds {len(found)} numbers of "
                    f"{len(PLANES)} projections"
                )
        return np.array([found[plane] for found in values])

    def projections(self, tree: _Tree) -> NDArray[np.int64]:
        """How many projections each event has, (stop - start,), which are read here."""
        vectors = tree.read("_image_v._img", self.start, self.stop, _PROJECTIONS)
        self._vectors[tree.name] = vectors
        sizes = [tree.read(f"_image_v._meta.{name}", self.start, self.stop) for name in _SIZES]
        counts = np.array([[len(event) for event in values] for values in (vectors, *sizes)])
        for place in np.flatnonzero(counts.min(axis=0) != counts.max(axis=0)):
            raise tree.fault(
                f"event {self.start + place} has {counts[0, place]} projections, but the sizes of "
                f"{counts[1, place]}"
            )
        found: NDArray[np.int64] = counts[0]
        return found

    def planes(self, tree: _Tree, plane: int) -> NDArray[np.float32]:
        """One projection of the events kept, (n, 256, 256); rows are the plane's second axis."""
        vectors = self._vectors.pop(tree.name)[self.kept]
        columns, rows = (self.read(tree, f"_image_v._meta.{name}") for name in _SIZES)
        images = np.empty((len(self.kept), PIXELS, PIXELS), np.float32)
        for index, projections in enumerate(vectors):
            size = int(columns[index][plane]), int(rows[index][plane])
            if size != (PIXELS, PIXELS) or len(projections[plane]) != PIXELS**2:
                raise tree.fault(
                    f"event {self.number(index)}, plane {PLANES[plane]}, has {size[0]} x {size[1]} "
                    f"pixels and {len(projections[plane])} values, not {PIXELS} x {PIXELS}",
                    _OTHER,
                )
            images[index] = np.asarray(projections[plane]).reshape(size).T
        return images


def _pixel_labels(tree: _Tree, plane: int, part: _Part) -> NDArray[np.uint8]:
    stored = part.planes(tree, plane)
    labels = np.where((stored >= 0) & (stored <= TRACK), stored, 0).astype(np.uint8)
    if (labels != stored).any():
        value = stored[labels != stored][0]
        raise tree.fault(
            f"holds {value} between events {part.start} and {part.stop}; known are 0 (background), "
            "1 (shower) and 2 (track)",
            _OTHER,
        )
    return labels


def _single_particles(
    tree: _Tree, part: _Part
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """Species and momentum of events of one particle each, and the direction (n, 3)."""
    codes = part.read(tree, "_part_v._pdg")
    for index, particles in enumerate(codes):
        if len(particles) != 1:
            raise tree.fault(
                f"event {part.number(index)} has {len(particles)} particles and the file no "
                f"{_LABELS}, so it is neither a classification nor a segmentation file",
                _OTHER,
            )
    energy = part.singles(tree, "_part_v._energy_init")
    components = [part.singles(tree, f"_part_v._p{axis}") for axis in "xyz"]
    vector = np.stack(components, 1).astype(np.float64)
    length = np.linalg.norm(vector, axis=1)
    # No momentum exceeds its energy, which is in GeV; a number that does is in MeV/c.
    momentum = np.where(length <= energy * (1 + 1e-6), 1000 * length, length)
    bad = ~((momentum > 0) & (momentum < _HIGHEST))
    if bad.any():
        raise tree.fault(
            f"event {part.number(int(bad.argmax()))} has momentum {momentum[bad][0]:g} MeV/c, not "
            f"between 0 and {_HIGHEST:g}",
            _OTHER,
        )
    columns = {
        "species": np.concatenate(codes).astype(np.int32),
        "momentum": momentum.astype(np.float32),
    }
    return columns, vector / length[:, None]


def _starts(images: _Tree, particles: _Tree, plane: int, part: _Part) -> NDArray[np.float64] | None:
    """Where the particles start, (n, 3) voxels along x, y and z; None if the file does not say.

    Only the two axes of the plane are filled.
    """
    places = [f"_part_v._vtx._{axis}" for axis in "xyz"]
    bounds = [f"_image_v._meta._p{end}.{axis}" for axis in "xy" for end in (1, 2)]
    if not (particles.has(*places) and images.has(*bounds)):
        return None
    vertex = [part.singles(particles, name) for name in places]
    voxels = np.zeros((len(part.kept), 3))
    # The first axis of the plane counts its columns, the second its rows.
    for number, axis in enumerate("xyz".index(letter) for letter in PLANES[plane]):
        low, high = (
            part.bound(images, name, plane) for name in bounds[2 * number : 2 * number + 2]
        )
        turned = ~(high > low)
        if turned.any():
            raise images.fault(
                f"event {part.number(int(turned.argmax()))}, plane {PLANES[plane]}, reaches from "
                f"{low[turned][0]:g} to {high[turned][0]:g} cm",
                _OTHER,
            )
        voxels[:, axis] = (vertex[axis] - low) / (high - low) * PIXELS - 0.5
    bad = ~np.isfinite(voxels).all(1)
    if bad.any():
        raise particles.fault(f"event {part.number(int(bad.argmax()))} has no finite start point")
    return voxels


def _open(path: Path) -> Any:
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such file; download it, or check the path.")
    try:
        # As a mapping, lest uproot take a colon in the path for the name of a tree.
        return uproot.open({str(path): None}, array_cache=None)
    except Exception as error:  # anything from ValueError to OSError
        raise DarkpixelError(
            f"{path}: not a whole ROOT file of {path.stat().st_size} bytes ({_line(error)}); "
            f"{_REMEDY}."
        ) from error


def _line(error: Exception) -> str:
    """uproot breaks its messages into lines, the first of which says it all."""
    text = str(error).strip() or type(error).__name__
    return " ".join(text.splitlines()[0].split())
