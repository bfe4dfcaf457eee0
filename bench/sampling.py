"""Speed of SARM's samplers: incremental against naive, both in one run on one machine.

Run by `make bench`, or `python -m bench.sampling --help`. Weights are random; the probabilities
of zero are those of synthetic sparse images, so that the sparsity is that of real ones. The naive
sampler passes through its stage's network once per pixel and computes the parameters of all of
the stage's pixels each time, as published implementations do. It profits here from the same
triangular layers, and computes the logits of the levels for one pixel only, where those
implementations do so for all: the ratio is a lower bound.
"""

import argparse

import torch
from torch import Tensor

from bench.timing import seconds
from darkpixel.models.build import build_model
from darkpixel.models.sarm.dense_blocks import prepare
from darkpixel.models.sarm.model import SARM
from darkpixel.models.sarm.naive_sampler import draw_uniforms, sample_naive
from darkpixel.models.sarm.sampler import sample_from_uniforms
from darkpixel.studies.machine import load_average, processor

SIDE = 28


def sparse_images(n: int) -> Tensor:
    """Images with a bright centre and about 93% zeros, (n, 28, 28), GeV."""
    generator = torch.Generator().manual_seed(0)
    steps = torch.arange(SIDE) - (SIDE - 1) / 2
    distance = (steps[:, None] ** 2 + steps**2).sqrt()
    present = torch.rand(n, SIDE, SIDE, generator=generator) < 0.9 * torch.exp(-distance / 3)
    values = torch.empty(n, SIDE, SIDE).exponential_(1.0, generator=generator)
    return present * values * 40 * torch.exp(-distance / 2)


def make_model(**settings: object) -> SARM:
    torch.manual_seed(0)
    model = build_model({"model": "sarm", **settings}, (SIDE, SIDE))
    assert isinstance(model, SARM)
    model.fit_to_data(lambda: iter([sparse_images(1000)]))
    return model.eval()


def measure(batch: int, passes: int, **settings: object) -> str:
    """One row: images per second of both samplers and their ratio."""
    model = make_model(**settings)
    parts = model.conditionals
    u = draw_uniforms(parts, batch, torch.Generator().manual_seed(0))
    network = prepare(parts.stages)
    images = sample_from_uniforms(parts, u, network)
    incremental = seconds(lambda: sample_from_uniforms(parts, u, network), 3)
    naive = 0.0  # every pass of a stage costs the same, so a few tell the time of all
    for start, _, stage in parts.spans():
        place = start + stage.pixels // 2

        def one_pass(place: int = place) -> None:
            sample_naive(parts, u, positions=[place], every_pixel=True)

        naive += stage.pixels * seconds(one_pass, passes)
    name = "D+D" if model.options.likelihood == "discrete" else "D+C"
    return (
        f"{name:4} {model.options.layers:6} {model.parameter_counts()['dense'] / 1e6:6.1f}M "
        f"{float((images == 0).float().mean()):6.1%} {batch:6} {batch / naive:10.2f} "
        f"{batch / incremental:12.0f} {naive / incremental:8.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=256, help="images at once")
    parser.add_argument("--layers", type=int, default=5, help="hidden layers")
    parser.add_argument("--passes", type=int, default=5, help="naive passes to time per stage")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    print(
        f"SARM-2, {SIDE} x {SIDE} pixels, width 10, float32; {processor()}, "
        f"{options.threads} threads, torch {torch.__version__}, "
        f"load {load_average():.1f}"
    )
    print("     layers params  zeros  batch  naive im/s  incr. im/s    ratio")
    for likelihood in ("discrete", "truncated_logistic"):
        row = measure(
            options.batch,
            options.passes,
            layers=options.layers,
            likelihood=likelihood,
        )
        print(row, flush=True)


if __name__ == "__main__":
    main()
