"""Requires: jet images, distances of the order study. Gives: the hyper-parameter search and its
table, speed by width of the upsampling layer, quality by order of generation (SARM 8.6, 6.1.5,
6.1.4)."""

from darkpixel.config.search import search_space


# Trials that are done stay in the checkpoints: a study that is given more goes on from them.
rule search_hyperparameters:
    """Try the settings of one study (SARM 8.6)."""
    input:
        train=study_images("train"),
        validation=study_images("validation"),
    output:
        rows=f"{RESULTS}/metrics/search/{{study}}.parquet",
    log:
        f"{RESULTS}/logs/metrics/search/{{study}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/search/{{study}}.tsv"
    wildcard_constraints:
        study="|".join(STUDIES) or "none",
    conda:
        "../../envs/search.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=1440,
        gpu=run.jobs.gpus,
    params:
        study=lambda wildcards: STUDIES[wildcards.study].model_dump(),
        space=lambda wildcards: search_space(STUDIES[wildcards.study], study_entry(wildcards)),
        settings=lambda wildcards: with_model(study_entry(wildcards)),
        training=lambda wildcards: study_entry(wildcards).training.model_dump(),
        seed=lambda wildcards: job_seed("search", wildcards.study),
        checkpoints=f"{RESULTS}/checkpoints/search/{{study}}",
        code=lambda wildcards: code_digest(
            f"models.{study_entry(wildcards).model}.model", "studies.search", "tables.search"
        ),
    script:
        "../scripts/search_hyperparameters.py"


rule tabulate_search:
    """Every trial of every study, the best first."""
    input:
        rows=[f"{RESULTS}/metrics/search/{study}.parquet" for study in STUDIES],
    output:
        **tabulated("sarm/hyperparameter_search", "hyperparameter_search", "SARM: models"),
    log:
        f"{RESULTS}/logs/tables/sarm/hyperparameter_search.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/hyperparameter_search.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        code=code_digest("tables.search"),
    script:
        "../scripts/tabulate_search.py"


SEARCH_TABLES = [rules.tabulate_search.output] if STUDIES else []
SEARCH_FIGURES = []

if "jets" in DATASETS:

    rule measure_widths:
        """Speed and memory of D+D by the width of its upsampling layer (SARM 6.1.5)."""
        input:
            train=f"{RESULTS}/data/jets/{DATASETS['jets'].labels[0]}/train.h5",
        output:
            rows=f"{RESULTS}/metrics/jets_widths.parquet",
        log:
            f"{RESULTS}/logs/metrics/jets_widths.log",
        benchmark:
            f"{RESULTS}/benchmarks/metrics/jets_widths.tsv"
        conda:
            "../../envs/models.yaml"
        threads: run.jobs.sampling_threads
        resources:
            mem_mb=4000,
            runtime=60,
            gpu=run.jobs.gpus,
        params:
            settings=with_model(width_entry()),
            widths=run.widths.model_dump(),
            seed=job_seed("widths"),
            code=code_digest("studies.widths"),
        script:
            "../scripts/measure_widths.py"

    rule draw_widths:
        """Images per second, memory and parameters against the width."""
        input:
            rows=rules.measure_widths.output.rows,
        output:
            **drawn("sarm/upsampling_width", "upsampling_width", "SARM: models"),
        log:
            f"{RESULTS}/logs/figures/sarm/upsampling_width.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/sarm/upsampling_width.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            code=code_digest("figures.sarm.widths"),
        script:
            "../scripts/draw_widths.py"

    SEARCH_FIGURES.append(rules.draw_widths.output)


if "jets" in DATASETS and DATASETS["jets"].orders:

    rule draw_generation_order:
        """W1 of pT and mass by the order in which pixels are generated (SARM figure 10)."""
        input:
            rows=[
                f"{RESULTS}/metrics/jets_{label}_orders.parquet"
                for label in DATASETS["jets"].labels
            ],
            convergence=f"{RESULTS}/metrics/jets_order_convergence.parquet",
        output:
            **drawn("sarm/fig10_generation_order", "fig10_generation_order"),
        log:
            f"{RESULTS}/logs/figures/sarm/fig10_generation_order.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/sarm/fig10_generation_order.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            orders=DATASETS["jets"].orders,
            dataset="jets",
            code=code_digest("figures.sarm.orders", "metrics.convergence"),
        script:
            "../scripts/draw_orders.py"

    SEARCH_FIGURES.append(rules.draw_generation_order.output)
