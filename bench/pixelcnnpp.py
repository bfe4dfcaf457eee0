"""Speed of PixelCNN++: training, and cached against naive sampling, in one run on one machine.

Run by `make bench`, or `python -m bench.pixelcnnpp --help`. Weights are those after the
data-dependent initialisation on synthetic sparse images. The naive sampler passes through the
whole network for every pixel, as published implementations do; a few passes are timed and scaled
to all pixels, since all cost the same.
"""

import argparse

import torch

from bench.sampling import SIDE, sparse_images
from bench.timing import seconds
from darkpixel.models.build import build_model
from darkpixel.models.pixelcnnpp.model import PixelCNNPlusPlus
from darkpixel.models.pixelcnnpp.sampler import draw_uniforms, sample_cached, sample_naive
from darkpixel.studies.machine import load_average, processor


def make_model(filters: int, blocks: int) -> PixelCNNPlusPlus:
    model = build_model(
        {"model": "pixelcnnpp", "filters": filters, "blocks": blocks}, (SIDE, SIDE), seed=0
    )
    assert isinstance(model, PixelCNNPlusPlus)
    model.fit_to_data(lambda: iter([sparse_images(256)]))
    return model.eval()


def training_rate(model: PixelCNNPlusPlus, batch: int, bfloat16: bool) -> float:
    """Images per second of loss, gradients and Adam's step."""
    images = sparse_images(batch)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)

    def step() -> None:
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = model.loss(images)
        torch.autograd.backward(loss)
        optimiser.step()

    return batch / seconds(step, 3)


def sampling_rates(model: PixelCNNPlusPlus, batch: int, passes: int) -> tuple[float, float]:
    """Images per second, naive and cached."""
    uniforms = draw_uniforms(batch, SIDE, SIDE, torch.Generator().manual_seed(0))
    network, mixture, pixels = model.network, model.mixture, SIDE**2
    cached = seconds(lambda: sample_cached(network, mixture, uniforms), 1)
    one = seconds(lambda: sample_naive(network, mixture, uniforms, pixels=[pixels // 2]), passes)
    return batch / (one * pixels), batch / cached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 512], help="images at once")
    parser.add_argument(
        "--networks", nargs="+", default=["20/3", "10/3", "5/2"], help="filters/blocks"
    )
    parser.add_argument("--passes", type=int, default=3, help="naive passes to time")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    print(
        f"PixelCNN++ on {SIDE} x {SIDE} pixels, 10 mixtures; "
        f"{processor()}, {options.threads} "
        f"threads, torch {torch.__version__}, load {load_average():.1f}; naive: "
        f"{options.passes} of {SIDE**2} passes timed; training in batches of 64"
    )
    for name in options.networks:
        filters, blocks = map(int, name.split("/"))
        model = make_model(filters, blocks)
        rates = [training_rate(model, 64, bfloat16) for bfloat16 in (False, True)]
        count = model.parameter_counts()["free"] / 1e6
        print(
            f"{name} ({count:.3f}M): training {rates[0]:.0f} images/s in float32, {rates[1]:.0f} "
            "in bfloat16"
        )
        model = make_model(filters, blocks)
        for batch in options.batch:
            naive, cached = sampling_rates(model, batch, options.passes)
            print(
                f"  batch {batch}: naive {naive:.3f} images/s, cached {cached:.1f}, ratio "
                f"{cached / naive:.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
