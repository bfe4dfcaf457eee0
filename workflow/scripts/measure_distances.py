"""Two-sample test on features, physics distances and memorisation, of one data set and label."""

from typing import TYPE_CHECKING

from darkpixel.config.two_sample import TwoSample
from darkpixel.formats.files import whole_file
from darkpixel.metrics.features import (
    Sample,
    compared_samples,
    monte_carlo_sets,
    pixel_size_in,
    sample_features,
)
from darkpixel.metrics.frechet import distance_rows
from darkpixel.metrics.memorisation import memorisation_rows, nearest_training_images
from darkpixel.metrics.names import MONTE_CARLO
from darkpixel.metrics.observables import Source
from darkpixel.metrics.two_sample import CONTROLS, high_level_auc, two_sample_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    dataset, label = snakemake.wildcards
    settings = TwoSample(**snakemake.params.settings)
    test, train = snakemake.input.test, snakemake.input.train
    sources = [
        Source(model, seed, path)
        for model, paths in snakemake.params.samples.items()
        for seed, path in zip(snakemake.params.seeds, paths, strict=False)
    ]
    limits = snakemake.params.limits
    samples, n = compared_samples(sources, test=test, train=train, n=settings.n)
    about = {"dataset": dataset, "label": label}

    pixel_size = pixel_size_in(test)
    real = sample_features(Sample(MONTE_CARLO, 0, test), n, pixel_size)
    features = {sample: sample_features(sample, n, pixel_size) for sample in samples}
    perfect = [sample_features(other, n, pixel_size) for other in monte_carlo_sets(train, n)]

    areas = {}
    if "high_level" in settings.kinds:
        areas = {
            sample: high_level_auc(found, real, settings, sample.seed)
            for sample, found in features.items()
        }
    tables = {
        "two_sample": two_sample_rows(areas, "high_level", **about, n=n, limits=limits),
        "distances": distance_rows(
            real, features, perfect, **about, batches=settings.kernel_batches, seed=settings.seed
        ),
    }

    count = min(n, settings.memorisation_images)
    reference, others = Sample(MONTE_CARLO, 0, test), Sample(MONTE_CARLO, 0, test, start=n)
    generated = [sample for sample in samples if sample.model not in CONTROLS]
    nearest = nearest_training_images([reference, others, *generated], count, train)
    tables["memorisation"] = memorisation_rows(
        nearest.pop(reference), nearest, **about, seed=settings.seed, limits=limits
    )
    for name, table in tables.items():
        with whole_file(getattr(snakemake.output, name)) as path:
            table.to_parquet(path, index=False)
