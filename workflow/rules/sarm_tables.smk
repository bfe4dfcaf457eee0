"""Requires: measures, model folders. Gives: the tables of the SARM paper, as .csv and .md."""


rule tabulate_wasserstein:
    """W1 of pT and mass, with error, floor and the published number (SARM tables 1, 3, 5)."""
    input:
        rows=lambda wildcards: measured(WASSERSTEIN[wildcards.stem][0], "wasserstein"),
        convergence=lambda wildcards: [convergence_file(WASSERSTEIN[wildcards.stem][0])],
    output:
        **tabulated("{stem}", "sarm_wasserstein", "SARM: distances"),
    log:
        f"{RESULTS}/logs/tables/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/{{stem}}.tsv"
    wildcard_constraints:
        stem=one_of(WASSERSTEIN),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        table="wasserstein",
        title=lambda wildcards: f"Wasserstein distance of observables of {entry(WASSERSTEIN, 0)(wildcards)}",
        observables=["pt", "mass"],
        models=entry(WASSERSTEIN, 1),
        code=code_digest("tables.wasserstein", "tables.statistics", "metrics.convergence"),
    script:
        "../scripts/tabulate_rows.py"


use rule tabulate_wasserstein as tabulate_shapes with:
    input:
        rows=lambda wildcards: measured(SHAPES[wildcards.stem][0], "wasserstein"),
        convergence=lambda wildcards: [convergence_file(SHAPES[wildcards.stem][0])],
    output:
        **tabulated("{stem}", "sarm_shape", "SARM: distances"),
    wildcard_constraints:
        stem=one_of(SHAPES),
    params:
        table="wasserstein",
        title="Wasserstein distance of observables that no model draws beforehand",
        observables=["nonzero", "girth", "maximum"],
        models=None,
        code=code_digest("tables.wasserstein", "tables.statistics", "metrics.convergence"),


use rule tabulate_wasserstein as tabulate_statistics with:
    input:
        rows=lambda wildcards: measured(STATISTICS[wildcards.stem][0], "statistics"),
        convergence=lambda wildcards: [convergence_file(STATISTICS[wildcards.stem][0])],
    output:
        **tabulated("{stem}", "image_statistics", "SARM: images"),
    wildcard_constraints:
        stem=one_of(STATISTICS),
    params:
        table="statistics",
        title="Zeros and intensities",
        models=None,
        code=code_digest("tables.wasserstein", "tables.statistics", "metrics.convergence"),


use rule tabulate_wasserstein as tabulate_diversity with:
    input:
        rows=lambda wildcards: [
            path
            for dataset, _ in DIVERSITY[wildcards.stem]
            for path in measured(dataset, "diversity")
        ],
        convergence=lambda wildcards: [
            convergence_file(dataset) for dataset, _ in DIVERSITY[wildcards.stem]
        ],
    output:
        **tabulated("{stem}", "diversity", "SARM: images"),
    wildcard_constraints:
        stem=one_of(DIVERSITY),
    params:
        table="diversity",
        title="Diversity of the samples",
        models=None,
        code=code_digest("metrics.diversity", "metrics.convergence"),


rule tabulate_quantisation:
    """What rounding alone costs, by power p of the D+D grid (SARM section 4.1)."""
    input:
        test=lambda wildcards: list(test_files(QUANTISATION[wildcards.stem][0]).values()),
        train=lambda wildcards: [
            f"{RESULTS}/data/{QUANTISATION[wildcards.stem][0]}/{label}/train.h5"
            for label in DATASETS[QUANTISATION[wildcards.stem][0]].labels
        ],
    output:
        **tabulated("{stem}", "quantisation", "SARM: distances"),
    log:
        f"{RESULTS}/logs/tables/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/{{stem}}.tsv"
    wildcard_constraints:
        stem=one_of(QUANTISATION),
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        dataset=entry(QUANTISATION, 0),
        labels=lambda wildcards: DATASETS[QUANTISATION[wildcards.stem][0]].labels,
        powers=[1.0, 1.1, 1.2, 1.3, 1.5, 2.0],  # SARM section 8.6
        evaluation=run.evaluation.model_dump(),
        code=code_digest("studies.quantisation", "tables.quantisation", "metrics.images"),
    script:
        "../scripts/tabulate_quantisation.py"


rule tabulate_parameters:
    """Number of parameters of each model (SARM table 6)."""
    input:
        configs=parameter_configs,
        published="config/published.yaml",
    output:
        **tabulated("{stem}", "table6_parameters", "SARM: models"),
    log:
        f"{RESULTS}/logs/tables/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/{{stem}}.tsv"
    wildcard_constraints:
        stem=one_of(PARAMETERS),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        models=lambda wildcards: DATASETS[PARAMETERS[wildcards.stem][0]].models,
        dataset=entry(PARAMETERS, 0),
        code=code_digest("metrics.rows", "tables.parameters"),
    script:
        "../scripts/tabulate_parameters.py"
