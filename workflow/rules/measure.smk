"""Requires: test images and samples. Gives: observables and distances, as parquet."""


rule quantise_test:
    """Test images rounded to a D+D model's grid: what a perfect generator on it would make."""
    input:
        weights=rules.train_model.output.weights,
        config=rules.train_model.output.config,
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    output:
        samples=f"{RESULTS}/samples/{{dataset}}/{{label}}/quantised_{{model}}/seed{{seed}}.h5",
    log:
        f"{RESULTS}/logs/samples/{{dataset}}/{{label}}/quantised_{{model}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/samples/{{dataset}}/{{label}}/quantised_{{model}}/seed{{seed}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=lambda wildcards: model_code(wildcards, "formats.image_file"),
    script:
        "../scripts/quantise_test.py"


rule measure_samples:
    """pT, mass and zeros of every image, W1 with bootstrap error and noise floor (SARM 6.1.2)."""
    input:
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
        samples=lambda wildcards: flat(sample_files(*wildcards)),
        quantised=lambda wildcards: flat(quantised_files(*wildcards)),
        published="config/published.yaml",
    output:
        observables=f"{RESULTS}/metrics/{{dataset}}_{{label}}_observables.parquet",
        distances=f"{RESULTS}/metrics/{{dataset}}_{{label}}_wasserstein.parquet",
        statistics=f"{RESULTS}/metrics/{{dataset}}_{{label}}_statistics.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_{{label}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_{{label}}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        samples=lambda wildcards: sample_files(*wildcards) | quantised_files(*wildcards),
        seeds=run.seeds,
        source=lambda wildcards: DATASETS[wildcards.dataset].source,
        evaluation=run.evaluation.model_dump(),
        code=code_digest("metrics.rows", "metrics.observables"),
    script:
        "../scripts/measure_samples.py"


use rule measure_samples as measure_orders with:
    input:
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
        samples=lambda wildcards: flat(sample_files(*wildcards, order_models())),
        quantised=[],
        published="config/published.yaml",
    output:
        observables=f"{RESULTS}/metrics/{{dataset}}_{{label}}_order_observables.parquet",
        distances=f"{RESULTS}/metrics/{{dataset}}_{{label}}_orders.parquet",
        statistics=f"{RESULTS}/metrics/{{dataset}}_{{label}}_order_statistics.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_{{label}}_orders.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_{{label}}_orders.tsv"
    wildcard_constraints:
        dataset="jets",
    params:
        samples=lambda wildcards: sample_files(*wildcards, order_models()),
        seeds=run.seeds,
        source=lambda wildcards: DATASETS[wildcards.dataset].source,
        evaluation=run.evaluation.model_dump(),
        code=code_digest("metrics.rows", "metrics.observables"),


rule measure_diversity:
    """Whether a model repeats itself: spread of the samples over that of the data (SARM 8.4.1)."""
    input:
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
        samples=lambda wildcards: flat(sample_files(*wildcards)),
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_{{label}}_diversity.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_{{label}}_diversity.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_{{label}}_diversity.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        samples=lambda wildcards: sample_files(*wildcards),
        images=run.evaluation.diversity_images,
        seed=run.evaluation.seed,
        code=code_digest("metrics.diversity"),
    script:
        "../scripts/measure_diversity.py"
