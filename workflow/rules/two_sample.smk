"""Requires: test and training images, samples. Gives: whether the samples can be told from them.

Classifier two-sample test, physics distances, memorisation: one table each, of all data sets.
"""


rule measure_distances:
    """Two-sample test on physics features, FPD, KPD, nearest training images of every sample."""
    input:
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        samples=lambda wildcards: flat(sample_files(*wildcards)),
        quantised=lambda wildcards: flat(quantised_files(*wildcards)),
    output:
        two_sample=f"{RESULTS}/metrics/{{dataset}}_{{label}}_two_sample_high_level.parquet",
        distances=f"{RESULTS}/metrics/{{dataset}}_{{label}}_physics_distances.parquet",
        memorisation=f"{RESULTS}/metrics/{{dataset}}_{{label}}_memorisation.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_{{label}}_physics_distances.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_{{label}}_physics_distances.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        samples=lambda wildcards: sample_files(*wildcards) | quantised_files(*wildcards),
        limits=lambda wildcards: limits(*wildcards),
        seeds=run.seeds,
        settings=TWO_SAMPLE.model_dump(exclude={"low_level"}),
        code=code_digest("metrics.two_sample", "metrics.frechet", "metrics.memorisation"),
    script:
        "../scripts/measure_distances.py"


rule measure_two_sample:
    """Two-sample test on pixels: a network for each sample, trained and scored."""
    input:
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        samples=lambda wildcards: flat(sample_files(*wildcards)),
        quantised=lambda wildcards: flat(quantised_files(*wildcards)),
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_{{label}}_two_sample_low_level.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_{{label}}_two_sample_low_level.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_{{label}}_two_sample_low_level.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=480,
        gpu=run.jobs.gpus,
    params:
        samples=lambda wildcards: sample_files(*wildcards) | quantised_files(*wildcards),
        limits=lambda wildcards: limits(*wildcards),
        seeds=run.seeds,
        settings=TWO_SAMPLE.model_dump(),
        checkpoints=f"{RESULTS}/checkpoints/two_sample/{{dataset}}/{{label}}",
        code=code_digest("studies.two_sample_network", f"models.{TWO_SAMPLE.low_level.model}.model"),
    script:
        "../scripts/measure_two_sample.py"


rule tabulate_distances:
    """AUC of the two-sample test with its controls, physics distances, memorisation."""
    input:
        two_sample=all_measured(*(f"two_sample_{kind}" for kind in TWO_SAMPLE.kinds)),
        distances=all_measured("physics_distances"),
        memorisation=all_measured("memorisation"),
        convergence=[convergence_file(dataset) for dataset in TESTED],
    output:
        **two_sample_tables("csv"),
        **two_sample_tables("md"),
    log:
        f"{RESULTS}/logs/tables/sarm/physics_distances.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/physics_distances.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        code=code_digest("metrics.convergence", "tables.distances"),
    script:
        "../scripts/tabulate_distances.py"
