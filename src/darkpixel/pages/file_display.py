"""The event display of one file, as one page: `darkpixel show FILE --browser`."""

from pathlib import Path

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.datasets.foreign import Grid, first_images
from darkpixel.formats.files import whole_file
from darkpixel.formats.hdf5 import open_hdf5
from darkpixel.pages.display import DataSet, Source, catalogue, display_page
from darkpixel.pages.events import Part, events_script, part_of_images, read_part


def write_file_page(images: Path, most: int, path: Path, grid: Grid | None = None) -> None:
    """Write the display of the first events of a file, as one page that holds everything.

    Args:
        images: an image file, with its columns and labels, or of the kinds of
            `darkpixel.datasets.foreign`.
        most: events at most.
        grid: for files that hold no images.

    Raises:
        DarkpixelError: the file cannot be read, or the page not be written.
    """
    part = _read(images, most, grid)
    dataset = DataSet(images.name, images.name, [part], Source("file", images.name, ""))
    text = display_page(
        catalogue([dataset], images.name),
        f"{images.name}: event display",
        [events_script("file", [part])],
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _read(path: Path, most: int, grid: Grid | None) -> Part:
    if path.suffix in (".h5", ".hdf5"):
        with open_hdf5(path, missing="correct the path", remedy="make the file again") as file:
            ours = "images" in file
        if ours:
            return read_part(path, most, threshold=LArTPCEvaluation().threshold)
    return part_of_images(*first_images(path, most, grid))
