"""The sparse transformer's sampler as a share of the matrix-product rate of the same run.

Run by `make bench`, or `python -m bench.transformer --help`. The shipped weights draw liquid-argon
images of real lengths on one core. Operations are those of matrix products and attention, counted
by torch; the rate beside them is that of a square product, timed before and after.
"""

import argparse
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.timing import seconds
from darkpixel.models.folder import load_model
from darkpixel.models.sparse_transformer.model import SparseTransformer
from darkpixel.studies.machine import load_average, processor

WEIGHTS = Path(__file__).parents[1] / "weights/lartpc_sparse_transformer"


def product_rate(side: int, repetitions: int = 20) -> float:
    """Operations per second of a product of two random square matrices."""
    a, b = torch.randn(2, side, side).unbind()
    return 2 * side**3 / seconds(lambda: torch.mm(a, b), repetitions)


def operations(model: SparseTransformer, images: int, slots: int) -> int:
    """Operations of drawing so many images."""
    with FlopCounterMode(display=False) as counter:
        draw(model, images, slots)
    return int(counter.get_total_flops())


def draw(model: SparseTransformer, images: int, slots: int) -> torch.Tensor:
    return model.sample(images, generator=torch.Generator().manual_seed(1), slots=slots)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--slots", type=int, default=128, help="images drawn at once")
    parser.add_argument("--side", type=int, default=1024, help="of the square product")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    model = load_model(WEIGHTS)
    assert isinstance(model, SparseTransformer)
    print(f"one core of {processor()}, load {load_average()}")
    count = operations(model, options.images, options.slots)  # warms up, too
    before = product_rate(options.side)
    taken = seconds(lambda: draw(model, options.images, options.slots), 1)
    rate = (before + product_rate(options.side)) / 2
    print(
        f"{options.images} images, {options.slots} at once: {options.images / taken:.2f} images/s, "
        f"{count / options.images / 1e9:.2f} GFLOP an image, {count / taken / 1e9:.1f} GFLOP/s, "
        f"{count / taken / rate:.2f} of {rate / 1e9:.1f} GFLOP/s ({options.side}^3)"
    )


if __name__ == "__main__":
    main()
