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
        header = {"descr": "<f4", "fortran_order": False, "shape": file.shape}
        # Not as a memory map: on a full disk, writing to one kills the process.
        with temporary.open("wb") as output:
            np.lib.format.write_array_header_1_0(output, header)
            for batch in file.batches(16 * file.chunk):
                output.write(np.ascontiguousarray(batch["images"], "<f4").data)
        return file.columns
