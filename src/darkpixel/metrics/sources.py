"""The files of images that are compared with the test images."""

from collections.abc import Mapping, Sequence

from darkpixel.metrics.observables import Source


def sources(files: Mapping[str, Sequence[str]], seeds: Sequence[int]) -> list[Source]:
    """Each file with who made it.

    Args:
        files: model to its files, one a seed in the order of `seeds`; test images that a model has
            rounded or given back are one file alone.
        seeds: of the run.
    """
    return [
        Source(model, seed, path)
        for model, paths in files.items()
        for seed, path in zip(seeds, paths, strict=False)
    ]
