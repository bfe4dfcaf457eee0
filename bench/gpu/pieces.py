"""A model's folder cut into safetensors files of bounded size, and put together again.

`python -m bench.gpu.pieces PIECES FOLDER` makes the folder of the model, with which
`darkpixel sample` and further training work.
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import yaml
from safetensors import safe_open
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.models.folder import CONFIG, WEIGHTS, load_config, save_weights

LIMIT = 15 * 2**20
"""Bytes of a piece, header apart."""

_NAME = re.compile(r"(?P<name>.+)-(?P<piece>\d+)-of-(?P<pieces>\d+)\.safetensors")

_SMALL = 2048  # numbers of a tensor that `half` leaves alone


def split(
    folder: str | Path, target: str | Path, name: str, *, half: bool = False, limit: int = LIMIT
) -> list[Path]:
    """Cut the model in `folder` into `{name}-1-of-n.safetensors`, ... in `target`.

    Tensors are cut flat where they do not fit. Earlier pieces of that name are removed first.

    Args:
        folder: of a trained model, `model.safetensors` and `config.yaml`.
        half: store large float32 matrices as float16, for a look at the model and not for going
            on; ranges and biases, on which samples depend more, stay as they are.
        limit: bytes of a piece.
    """
    state = safetensors.torch.load_file(Path(folder) / WEIGHTS)
    config = load_config(folder)
    about = {key: [list(values.shape), str(values.dtype)] for key, values in state.items()}
    pieces: list[dict[str, Tensor]] = [{}]
    room = limit
    for key in sorted(state):
        flat = state[key].flatten()
        if half and flat.dtype == torch.float32 and state[key].ndim > 1 and len(flat) > _SMALL:
            flat = flat.half()
        start = 0
        while True:
            count = min(len(flat) - start, room // flat.element_size())
            if count or not len(flat):
                pieces[-1][f"{key}@{start}"] = flat[start : start + count].clone()
                room -= count * flat.element_size()
                start += count
            if start >= len(flat):
                break
            pieces.append({})
            room = limit
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob(f"{name}-*-of-*.safetensors"):
        if _NAME.fullmatch(old.name):
            old.unlink()
    paths = []
    for number, piece in enumerate(pieces, start=1):
        path = target / f"{name}-{number}-of-{len(pieces)}.safetensors"
        metadata = {"tensors": json.dumps(about), "config": yaml.safe_dump(config)}
        with whole_file(path) as temporary:
            content = safetensors.torch.save(piece, metadata if number == 1 else None)
            temporary.write_bytes(content)
        paths.append(path)
    return paths


def join(source: str | Path, folder: str | Path, name: str | None = None) -> None:
    """Make a model's folder of its pieces in `source`.

    Args:
        name: of the pieces; None where there is one model only.

    Raises:
        DarkpixelError: a piece is missing, or there are pieces of several models.
    """
    found: dict[str, dict[int, Path]] = {}
    counts: dict[str, int] = {}
    for path in Path(source).glob("*.safetensors"):
        match = _NAME.fullmatch(path.name)
        if match and name in (None, match["name"]):
            found.setdefault(match["name"], {})[int(match["piece"])] = path
            counts[match["name"]] = int(match["pieces"])
    if len(found) != 1:
        names = ", ".join(sorted(found)) or "none"
        raise DarkpixelError(f"{source}: pieces of one model expected, found {names}; name one.")
    ((model, paths),) = found.items()
    missing = set(range(1, counts[model] + 1)) - paths.keys()
    if missing:
        raise DarkpixelError(f"{source}: {model}: piece {min(missing)} is missing; copy it, too.")
    parts: dict[str, dict[int, Tensor]] = {}
    metadata: Mapping[str, str] = {}
    for number in sorted(paths):
        with safe_open(paths[number], "pt") as file:
            metadata = file.metadata() or metadata
            for key in file.keys():  # noqa: SIM118  (not a mapping)
                tensor, _, start = key.rpartition("@")
                parts.setdefault(tensor, {})[int(start)] = file.get_tensor(key)
    about: dict[str, Any] = json.loads(metadata["tensors"])
    state = {}
    for key, (shape, kind) in about.items():
        flat = torch.cat([part for _, part in sorted(parts[key].items())])
        state[key] = flat.to(getattr(torch, kind.removeprefix("torch."))).view(shape)
    with whole_file(Path(folder) / CONFIG) as path:
        path.write_text(metadata["config"], encoding="utf-8")
    save_weights(state, Path(folder) / WEIGHTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pieces", type=Path, help="folder of the pieces")
    parser.add_argument("folder", type=Path, help="of the model, to write")
    parser.add_argument("--name", default=None, help="of the model, where there are several")
    options = parser.parse_args()
    join(options.pieces, options.folder, options.name)


if __name__ == "__main__":
    main()
