"""Requires: test images, trained models, distances. Gives: speed, likelihood and convergence of
every model, their tables, and the matrix of all models on all data sets."""


rule measure_speed:
    """Images/s of every model and of the simulation, one after the other (SARM tables 2, 4)."""
    input:
        unpack(speed_inputs),
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_speed.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_speed.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_speed.tsv"
    conda:
        "../../envs/speed.yaml"
    threads: run.speed.threads
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=run.jobs.gpus,
    params:
        models=lambda wildcards: timed_models(wildcards.dataset),
        label=lambda wildcards: DATASETS[wildcards.dataset].labels[0],
        simulated=lambda wildcards: timed_simulation(wildcards.dataset),
        speed=run.speed.model_dump(),
        block_size=run.sampling.block_size,
        device=run.sampling.device,
        seed=lambda wildcards: job_seed("speed", wildcards.dataset),
        code=lambda wildcards: compared_code(
            wildcards,
            "studies.simulation_speed",
            "models.sample_file",
        ),
    script:
        "../scripts/measure_speed.py"


rule measure_likelihood:
    """Bits per pixel of test images under the models that have a likelihood."""
    input:
        weights=lambda wildcards: weight_files(
            folder for *_, folders in scored_models(wildcards.dataset) for folder in folders
        ),
        test=lambda wildcards: list(test_files(wildcards.dataset).values()),
        train=lambda wildcards: [
            f"{RESULTS}/data/{wildcards.dataset}/{label}/train.h5"
            for label in DATASETS[wildcards.dataset].labels
        ],
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_likelihood.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_likelihood.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_likelihood.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.sampling_threads
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=run.jobs.gpus,
    params:
        models=lambda wildcards: scored_models(wildcards.dataset),
        images=run.speed.likelihood_images,
        device=run.sampling.device,
        code=lambda wildcards: compared_code(wildcards, "studies.density", "tables.likelihood"),
    script:
        "../scripts/measure_likelihood.py"


rule measure_convergence:
    """Whether the validation loss of each training had levelled off."""
    input:
        histories=lambda wildcards: [
            path for models in history_files(wildcards.dataset).values() for path in flat(models)
        ],
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_convergence.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_convergence.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_convergence.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        histories=lambda wildcards: history_files(wildcards.dataset),
        trainings=lambda wildcards: training_facts(
            wildcards.dataset, history_files(wildcards.dataset)
        ),
        seeds=run.seeds,
        code=code_digest("metrics.convergence"),
    script:
        "../scripts/measure_convergence.py"


use rule measure_convergence as measure_order_convergence with:
    input:
        histories=lambda wildcards: [
            path
            for models in history_files(wildcards.dataset, order_models()).values()
            for path in flat(models)
        ],
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_order_convergence.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_order_convergence.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_order_convergence.tsv"
    wildcard_constraints:
        dataset="jets",
    params:
        histories=lambda wildcards: history_files(wildcards.dataset, order_models()),
        trainings=lambda wildcards: training_facts(
            wildcards.dataset, history_files(wildcards.dataset, order_models())
        ),
        seeds=run.seeds,
        code=code_digest("metrics.convergence"),


rule tabulate_speed:
    """Speed of models and simulation (SARM tables 2, 4); likelihood of test images."""
    input:
        speeds=[f"{RESULTS}/metrics/{name}_speed.parquet" for name in COMPARED if name in SARM_DATA],
        likelihoods=compared_rows("likelihood"),
        convergence=compared_rows("convergence"),
        published="config/published.yaml",
    output:
        **prefixed(
            *((SPEED_TABLES[name][0], "sarm_speed") for name in COMPARED if name in SARM_DATA),
            ("sarm/likelihood", "likelihood"),
        ),
    log:
        f"{RESULTS}/logs/tables/sarm/speed.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/speed.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        tables={
            f"{TABLES}/{SPEED_TABLES[name][0]}": SPEED_TABLES[name][1]
            for name in COMPARED
            if name in SARM_DATA
        },
        # The papers' numbers say nothing about a user's own images.
        published=[name for name in COMPARED if DATASETS[name].source != "file"],
        code=code_digest("metrics.convergence", "tables.likelihood", "tables.speed"),
    script:
        "../scripts/tabulate_speed.py"


rule tabulate_matrix:
    """Every model on every data set; what had converged; the paper's percentages from our rows."""
    input:
        distances=[path for name in COMPARED for path in measured(name, "wasserstein")],
        statistics=[
            path for name in COMPARED if name not in ARGON for path in measured(name, "statistics")
        ],
        likelihoods=compared_rows("likelihood"),
        speeds=compared_rows("speed"),
        convergence=compared_rows("convergence"),
        configs=[
            f"{folder}/config.yaml" for name in COMPARED for _, _, folder in timed_models(name)
        ],
        published="config/published.yaml",
    output:
        **prefixed(
            ("sarm/model_matrix", "model_matrix"),
            ("sarm/convergence", "convergence"),
            ("sarm/improvement", "improvement"),
        ),
    log:
        f"{RESULTS}/logs/tables/sarm/model_matrix.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/model_matrix.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        configs={
            name: {model: f"{folder}/config.yaml" for model, _, folder in timed_models(name)}
            for name in COMPARED
        },
        published=[name for name in COMPARED if name in SARM_DATA],
        code=code_digest("tables.improvement", "tables.matrix"),
    script:
        "../scripts/tabulate_matrix.py"
