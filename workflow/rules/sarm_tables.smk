"""Requires: measures, model folders. Gives: the tables of the SARM paper, as .csv and .md."""


rule tabulate_jet_wasserstein:
    """W1 of jet pT and mass, with error, floor and the published number (SARM table 1)."""
    input:
        rows=measured("jets", "wasserstein"),
    output:
        **tabulated("sarm/table1_jet_wasserstein", "table1_jet_wasserstein"),
    log:
        f"{RESULTS}/logs/tables/sarm/table1_jet_wasserstein.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/table1_jet_wasserstein.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        table="wasserstein",
        title="Table 1: Wasserstein distance of jet observables",
        observables=["pt", "mass"],
        code=code_digest("metrics.tables"),
    script:
        "../scripts/tabulate_rows.py"


use rule tabulate_jet_wasserstein as tabulate_jet_shape with:
    input:
        rows=measured("jets", "wasserstein"),
    output:
        **tabulated("sarm/jet_shape_wasserstein", "jet_shape_wasserstein"),
    log:
        f"{RESULTS}/logs/tables/sarm/jet_shape_wasserstein.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/jet_shape_wasserstein.tsv"
    params:
        table="wasserstein",
        title="Wasserstein distance of observables that no model draws beforehand",
        observables=["nonzero", "girth", "maximum"],
        code=code_digest("metrics.tables"),


use rule tabulate_jet_wasserstein as tabulate_jet_statistics with:
    input:
        rows=measured("jets", "statistics"),
    output:
        **tabulated("sarm/jet_image_statistics", "image_statistics"),
    log:
        f"{RESULTS}/logs/tables/sarm/jet_image_statistics.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/jet_image_statistics.tsv"
    params:
        table="statistics",
        title="Zeros and intensities of jet images",
        code=code_digest("metrics.tables"),


rule tabulate_quantisation:
    """What rounding alone costs, by power p of the D+D grid (SARM section 4.1)."""
    input:
        test=[f"{RESULTS}/data/jets/{label}/test.h5" for label in DATASETS["jets"].labels],
        train=[f"{RESULTS}/data/jets/{label}/train.h5" for label in DATASETS["jets"].labels],
    output:
        **tabulated("sarm/quantisation", "quantisation"),
    log:
        f"{RESULTS}/logs/tables/sarm/quantisation.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/quantisation.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        dataset="jets",
        labels=DATASETS["jets"].labels,
        powers=[1.0, 1.1, 1.2, 1.3, 1.5, 2.0],  # SARM section 8.6
        evaluation=run.evaluation.model_dump(),
        code=code_digest("metrics.rows", "metrics.tables", "metrics.images", "nn.likelihoods"),
    script:
        "../scripts/tabulate_quantisation.py"


rule tabulate_parameters:
    """Number of parameters of each model (SARM table 6)."""
    input:
        configs=lambda wildcards: [
            f"{trained('jets', DATASETS['jets'].labels[0], model, run.seeds[0])}/config.yaml"
            for model in DATASETS["jets"].models
        ],
        published="config/published.yaml",
    output:
        **tabulated("sarm/table6_parameters", "table6_parameters"),
    log:
        f"{RESULTS}/logs/tables/sarm/table6_parameters.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/table6_parameters.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        models=DATASETS["jets"].models,
        dataset="jets",
        code=code_digest("metrics.rows", "metrics.tables"),
    script:
        "../scripts/tabulate_parameters.py"
