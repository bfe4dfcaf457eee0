"""Requires: images, histories. Gives: a page of each data set and of its trainings."""


rule draw_data_statistics:
    """Zeros, range, mean image of the training images."""
    input:
        train=lambda wildcards: [
            f"{RESULTS}/data/{wildcards.dataset}/{label}/train.h5"
            for label in DATASETS[wildcards.dataset].labels
        ],
    output:
        **drawn("data/{dataset}_statistics", "data_statistics", "Data"),
    log:
        f"{RESULTS}/logs/figures/data/{{dataset}}_statistics.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/data/{{dataset}}_statistics.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        labels=lambda wildcards: DATASETS[wildcards.dataset].labels,
        bins=run.evaluation.pixel_bins,
        code=code_digest("figures.data"),
    script:
        "../scripts/draw_data_statistics.py"


rule draw_training_curves:
    """Training and validation loss by epoch."""
    input:
        histories=lambda wildcards: [
            path for files in history_files(wildcards.dataset).values() for path in flat(files)
        ],
    output:
        **drawn("training/{dataset}_curves", "training_curves", "Training"),
    log:
        f"{RESULTS}/logs/figures/training/{{dataset}}_curves.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/training/{{dataset}}_curves.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        histories=lambda wildcards: history_files(wildcards.dataset),
        code=code_digest("figures.training"),
    script:
        "../scripts/draw_training_curves.py"
