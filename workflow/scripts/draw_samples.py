"""Draw one of the figures that show samples beside Monte Carlo."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.config.evaluation import Evaluation
from darkpixel.figures.sarm.examples import example_images, more_example_images
from darkpixel.figures.sarm.mean_images import mean_differences, mean_images
from darkpixel.figures.sarm.pixel_values import pixel_value_distributions
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    stem = Path(snakemake.output.png).with_suffix("")
    dataset, samples = snakemake.params.dataset, snakemake.params.samples
    evaluation = Evaluation(**snakemake.params.evaluation)
    first_seed = {
        label: {model: files[0] for model, files in models.items()}
        for label, models in samples.items()
    }
    match snakemake.params.figure:
        case "example_images":
            example_images(first_seed, stem, dataset=dataset)
        case "more_example_images":
            more_example_images(first_seed, stem, dataset=dataset, per_model=evaluation.examples)
        case "mean_images":
            mean_images(samples, stem, dataset=dataset)
        case "mean_differences":
            mean_differences(samples, stem, dataset=dataset)
        case "pixel_value_distributions":
            pixel_value_distributions(samples, stem, dataset=dataset, bins=evaluation.pixel_bins)
        case unknown:
            raise ValueError(f"no figure of samples is called {unknown}")
