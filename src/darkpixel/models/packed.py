"""A trained model as one file: the safetensors file of its weights, with all else as metadata.

Such a file can be read by any program that knows safetensors. The metadata hold the model's
`config.yaml` and its card as texts; nothing in it is a path, and nothing can run code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import scratch_folder, whole_file
from darkpixel.models.folder import CONFIG, WEIGHTS, load_model

SUFFIX = ".safetensors"
_FORMAT, _VERSION = "darkpixel_model", "1"


def pack_model(folder: str | Path, path: str | Path, card: str) -> None:
    """Write a model's folder and its card as one file.

    Args:
        folder: of a trained model, which is loaded once to see that it is whole.
        path: to write, `.safetensors`.
        card: Markdown text.

    Raises:
        DarkpixelError: the folder is not a model's.
    """
    load_model(folder)
    metadata = {
        _FORMAT: _VERSION,
        "config": (Path(folder) / CONFIG).read_text(encoding="utf-8"),
        "card": card,
    }
    state = safetensors.torch.load_file(Path(folder) / WEIGHTS)
    with whole_file(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(state, metadata))


def packed_texts(path: str | Path) -> dict[str, str]:
    """`config` and `card` of a packed model.

    Raises:
        DarkpixelError: it is no whole safetensors file, or none that `pack_model` has written.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise DarkpixelError(
            f"{path}: a file; name the folder of a model, or a packed model, a safetensors "
            f"file ({error})."
        ) from error
    if _FORMAT not in metadata:
        remedy = f"name the folder of a model, {path.parent}"
        if not (path.parent / CONFIG).is_file():
            remedy = "name the folder of a model, or a packed model, which holds its settings too"
        raise DarkpixelError(f"{path}: a file; {remedy} (these are weights alone).")
    if metadata[_FORMAT] != _VERSION or "config" not in metadata:
        raise DarkpixelError(
            f"{path}: packed in version {metadata[_FORMAT]}, this darkpixel reads {_VERSION}; use "
            "the darkpixel that wrote it."
        )
    return {"config": metadata["config"], "card": metadata.get("card", "")}


@contextmanager
def model_folder(path: str | Path) -> Iterator[Path]:
    """The folder of a model: itself, or a temporary one of a packed model.

    Errors that are raised in the block name the packed file, not the temporary folder.

    Raises:
        DarkpixelError: as `packed_texts`.
    """
    path = Path(path)
    if not path.is_file():
        yield path
        return
    texts = packed_texts(path)
    with scratch_folder() as folder:
        (folder / CONFIG).write_text(texts["config"], encoding="utf-8")
        (folder / WEIGHTS).symlink_to(path.resolve())
        try:
            yield folder
        except DarkpixelError as error:
            raise DarkpixelError(str(error).replace(str(folder), str(path))) from error
