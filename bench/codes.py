"""Speed of the samplers of code maps: cached against naive, both in one run on one machine.

Run by `make bench`, or `python -m bench.codes --help`. Weights are random; the work does not
depend on them. The naive sampler passes through the whole network for every cell, as published
implementations do; a few passes are timed and scaled to all cells, since all cost the same.
"""

import argparse
from functools import partial

import torch

from bench.timing import seconds
from darkpixel.models.build import build_model
from darkpixel.models.vqvae_pixelcnn.model import VQVAEPixelCNN
from darkpixel.models.vqvae_pixelcnn.sampler import sample_cached, sample_naive
from darkpixel.studies.machine import load_average, processor


def make_model(side: int, codes: int, **settings: object) -> VQVAEPixelCNN:
    """A PixelCNN for side x side codes of images with 4 x 4 pixels a code."""
    model = build_model(
        {
            "model": "vqvae_pixelcnn",
            "autoencoder": {"model": "vqvae", "codes": codes},
            **settings,
        },
        (4 * side, 4 * side),
        seed=0,
    )
    assert isinstance(model, VQVAEPixelCNN)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256], help="maps at once")
    parser.add_argument("--blocks", type=int, default=6, help="gated blocks")
    parser.add_argument("--filters", type=int, default=128, help="channels of a stack")
    parser.add_argument("--codes", type=int, default=512, help="vectors of the codebook")
    parser.add_argument("--side", type=int, default=16, help="rows and columns of a map")
    parser.add_argument("--passes", type=int, default=3, help="naive passes to time")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    model = make_model(options.side, options.codes, blocks=options.blocks, filters=options.filters)
    cells = options.side**2
    print(
        f"PixelCNN of {options.blocks} blocks, {options.filters} filters, {options.codes} codes "
        f"({model.parameter_counts()['free'] / 1e6:.2f}M parameters) on {options.side} x "
        f"{options.side} cells, float32; {processor()}, "
        f"{options.threads} threads, torch {torch.__version__}, load "
        f"{load_average():.1f}; naive: {options.passes} of {cells} passes timed"
    )
    print(" batch  naive maps/s  cached maps/s    ratio")
    for batch in options.batch:
        uniforms = torch.rand(
            batch, options.side, options.side, generator=torch.Generator().manual_seed(0)
        )
        cached = seconds(partial(sample_cached, model.prior, uniforms), 3)
        one_pass = seconds(
            partial(sample_naive, model.prior, uniforms, cells=[cells // 2]), options.passes
        )
        print(
            f"{batch:6} {batch / (one_pass * cells):13.3f} {batch / cached:14.1f} "
            f"{one_pass * cells / cached:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
