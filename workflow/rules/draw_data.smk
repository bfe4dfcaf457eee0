"""Requires: images, histories. Gives: a page of each data set and of the training runs on it."""


rule draw_data_statistics:
    """Zeros, range, mean image of the training images."""
    input:
        train=lambda wildcards: list(plan.samples.train(wildcards.dataset).values()),
    output:
        **drawn("data/{dataset}_statistics", "draw_data_statistics", "Data"),
    log:
        paths.log("figures/data/{dataset}_statistics"),
    benchmark:
        paths.benchmark("figures/data/{dataset}_statistics")
    conda:
        plan.resources.conda("draw_data_statistics")
    threads: plan.resources.threads("draw_data_statistics")
    resources:
        **plan.resources.of("draw_data_statistics"),
    params:
        labels=lambda wildcards: plan.datasets[wildcards.dataset].labels,
        bins=run.evaluation.pixel_bins,
        code=plan.code("draw_data_statistics"),
    script:
        "../scripts/draw_data_statistics.py"


rule draw_training_curves:
    """Training and validation loss by epoch."""
    input:
        histories=lambda wildcards: plan.trainings.history_files(wildcards.dataset),
        convergence=lambda wildcards: paths.metrics(f"{wildcards.dataset}_convergence"),
    output:
        **drawn("training/{dataset}_curves", "draw_training_curves", "Training"),
    log:
        paths.log("figures/training/{dataset}_curves"),
    benchmark:
        paths.benchmark("figures/training/{dataset}_curves")
    conda:
        plan.resources.conda("draw_training_curves")
    threads: plan.resources.threads("draw_training_curves")
    resources:
        **plan.resources.of("draw_training_curves"),
    params:
        histories=lambda wildcards: plan.trainings.histories(wildcards.dataset),
        code=plan.code("draw_training_curves"),
    script:
        "../scripts/draw_training_curves.py"
