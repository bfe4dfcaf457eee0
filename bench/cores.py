"""Speed of every sampler on several cores against one, and whether the images are the same.

Run by `make bench`, or `python -m bench.cores --help`. Weights are random, or those after
`fit_to_data` on synthetic images. The start of the worker processes counts, since a job pays for
it too; reading the model does not. Runs on one core and on several alternate and the best of each
is taken, so that other work on the machine disturbs both alike. Where it never stops, wall times
mean nothing, but the processor time does: where an image takes no more of it on several cores than
on one, so many idle cores make so many times the images.
"""

import argparse
import gc
import hashlib
import time
from collections.abc import Callable
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import NamedTuple

import torch

from bench import codes, pixelcnnpp, sampling
from darkpixel.models.base import GenerativeModel
from darkpixel.models.build import build_model
from darkpixel.models.sample_file import Draw, sampling_workers
from darkpixel.models.workers import usable_cores
from darkpixel.studies.machine import load_average, processor

_FEWEST, _MOST = 8, 1024  # images of a block
_BLOCKS = 8  # of each core; the start of its process is then a small part
_ARGON = 64  # pixels a side


class Run(NamedTuple):
    """One run over all blocks."""

    wall: float
    cpu: float
    digest: str
    """Of the images."""


def tracks(n: int) -> torch.Tensor:
    """Images (n, 64, 64) of a line of charge and some single pixels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.zeros(n, _ARGON, _ARGON)
    for image in images:
        start, length = torch.randint(0, _ARGON // 2, (2,), generator=generator).tolist()
        along = torch.arange(start, start + length + 2)
        image[along, along // 2] = torch.rand(len(along), generator=generator) + 0.5
        row, column = torch.randint(0, _ARGON, (2, 20), generator=generator)
        image[row, column] = torch.rand(20, generator=generator) + 0.1
    return images


def lagan() -> GenerativeModel:
    model = build_model({"model": "lagan"}, (sampling.SIDE, sampling.SIDE), seed=0)
    assert isinstance(model, GenerativeModel)
    return model.eval()


def transformer() -> GenerativeModel:
    model = build_model({"model": "sparse_transformer"}, (_ARGON, _ARGON), seed=0)
    assert isinstance(model, GenerativeModel)
    model.fit_to_data(lambda: iter([tracks(200)]))
    return model.eval()


class Sampler(NamedTuple):
    """What is measured."""

    model: str
    """As configurations name it."""
    make: Callable[[], GenerativeModel]


SAMPLERS = {
    "SARM-2 D+D": Sampler("sarm", lambda: sampling.make_model(layers=5, likelihood="discrete")),
    "SARM-2 D+C": Sampler(
        "sarm", lambda: sampling.make_model(layers=5, likelihood="truncated_logistic")
    ),
    "PixelCNN++": Sampler("pixelcnnpp", lambda: pixelcnnpp.make_model(20, 3)),
    "PixelCNN": Sampler("vqvae_pixelcnn", lambda: codes.make_model(16, 512, blocks=6, filters=128)),
    "LAGAN": Sampler("lagan", lagan),
    "sparse transformer": Sampler("sparse_transformer", transformer),
}


def run(model: GenerativeModel, tasks: list[Draw], cores: int) -> Run:
    """Draw all blocks on so many cores."""
    gc.collect()
    digest = hashlib.sha256()
    wall, cpu = time.perf_counter(), _cpu_seconds()
    with sampling_workers(model, cores) as workers:
        for pixels, _ in workers.results(tasks):
            digest.update(pixels.tobytes())
    # The workers' processor time is known when they have ended.
    return Run(time.perf_counter() - wall, _cpu_seconds() - cpu, digest.hexdigest())


def _cpu_seconds() -> float:
    usages = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def images_at_once(model: GenerativeModel, seconds: float) -> int:
    """Images of a block that takes about so many seconds of one core."""
    images = _FEWEST
    run(model, [Draw(images, 0, 0)], 1)  # to warm up
    while images < _MOST:
        if run(model, [Draw(images, 0, 0)], 1).cpu > seconds / 2:
            break
        images *= 2
    return images


def compare(name: str, model: GenerativeModel, cores: int, repetitions: int, seconds: float) -> str:
    """One row: images per second on one core and on several, best of the repetitions."""
    images = images_at_once(model, seconds)
    tasks = [Draw(images, 1, block) for block in range(_BLOCKS * cores)]
    runs = [(run(model, tasks, 1), run(model, tasks, cores)) for _ in range(repetitions)]
    alone, shared = zip(*runs, strict=True)
    count = images * len(tasks)
    walls = [min(each.wall for each in some) for some in (alone, shared)]
    cpus = [min(each.cpu for each in some) for some in (alone, shared)]
    same = len({each.digest for pair in runs for each in pair}) == 1
    return (
        f"{name:18} {images:6} {count / walls[0]:9.1f} {count / walls[1]:9.1f} "
        f"{walls[0] / walls[1]:6.2f} {cpus[1] / cpus[0]:9.2f}  {'yes' if same else 'NO'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=min(2, usable_cores()), help="against one")
    parser.add_argument("--repetitions", type=int, default=3, help="of each")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a block, about")
    parser.add_argument("--samplers", nargs="+", default=list(SAMPLERS), choices=list(SAMPLERS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    print(
        f"Blocks of images on 1 and on {options.cores} cores, best of {options.repetitions} "
        f"alternating runs; {processor()}, torch {torch.__version__}, load {load_average():.1f}"
    )
    print("sampler             block  1 core/s  cores/s  ratio  cpu ratio  same images")
    for name in options.samplers:
        row = compare(
            name, SAMPLERS[name].make(), options.cores, options.repetitions, options.seconds
        )
        print(f"{row}  (load {load_average():.1f})", flush=True)


if __name__ == "__main__":
    main()
