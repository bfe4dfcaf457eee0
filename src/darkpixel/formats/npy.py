"""Images as an array in NumPy's own format, for programs that read nothing else."""

from pathlib import Path

import numpy as np

from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile


def write_npy(images: str | Path, path: str | Path) -> tuple[str, ...]:
    """Write the pixels of an image file as (N, H, W) float32, block by block.

    Returns:
        The columns of the image file, which an array has no place for.

    Raises:
        DarkpixelError: the image file cannot be read, or the array cannot be written.
    """
    with ImageFile(images) as file, whole_file(path) as temporary:
        array = np.lib.format.open_memmap(temporary, "w+", np.float32, file.shape)
        start = 0
        for batch in file.batches(16 * file.chunk):
            stop = start + len(batch["images"])
            array[start:stop] = batch["images"]
            start = stop
        array.flush()
        del array
        return file.columns
