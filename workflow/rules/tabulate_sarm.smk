"""Requires: measures, trained models. Gives: the tables of the SARM paper about one data set each."""


rule tabulate_wasserstein:
    """W1 of pT and mass, with error, floor and the published number (SARM tables 1, 3, 5)."""
    input:
        rows=lambda wildcards: plan.comparisons.rows_by_label(
            "wasserstein", plan.page(wildcards.stem).dataset
        ),
        convergence=lambda wildcards: [
            paths.metrics(f"{plan.page(wildcards.stem).dataset}_convergence")
        ],
    output:
        **tabulated("{stem}", "tabulate_wasserstein", "SARM: distances"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_wasserstein")),
    conda:
        plan.resources.conda("tabulate_wasserstein")
    threads: plan.resources.threads("tabulate_wasserstein")
    resources:
        **plan.resources.of("tabulate_wasserstein"),
    params:
        models=lambda wildcards: plan.page(wildcards.stem).models,
        code=plan.code("tabulate_wasserstein"),
    script:
        "../scripts/tabulate_wasserstein.py"


rule tabulate_shapes:
    """W1 of observables that no model draws beforehand."""
    input:
        rows=lambda wildcards: plan.comparisons.rows_by_label(
            "wasserstein", plan.page(wildcards.stem).dataset
        ),
        convergence=lambda wildcards: [
            paths.metrics(f"{plan.page(wildcards.stem).dataset}_convergence")
        ],
    output:
        **tabulated("{stem}", "tabulate_shapes", "SARM: distances"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_shapes")),
    conda:
        plan.resources.conda("tabulate_shapes")
    threads: plan.resources.threads("tabulate_shapes")
    resources:
        **plan.resources.of("tabulate_shapes"),
    params:
        code=plan.code("tabulate_shapes"),
    script:
        "../scripts/tabulate_shapes.py"


rule tabulate_statistics:
    """Zeros and intensities of the images of every model."""
    input:
        rows=lambda wildcards: plan.comparisons.rows_by_label(
            "statistics", plan.page(wildcards.stem).dataset
        ),
        convergence=lambda wildcards: [
            paths.metrics(f"{plan.page(wildcards.stem).dataset}_convergence")
        ],
    output:
        **tabulated("{stem}", "tabulate_statistics", "SARM: images"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_statistics")),
    conda:
        plan.resources.conda("tabulate_statistics")
    threads: plan.resources.threads("tabulate_statistics")
    resources:
        **plan.resources.of("tabulate_statistics"),
    params:
        code=plan.code("tabulate_statistics"),
    script:
        "../scripts/tabulate_statistics.py"


rule tabulate_quantisation:
    """What rounding alone costs, by power p of the D+D grid (SARM section 4.1)."""
    input:
        test=lambda wildcards: list(plan.samples.test(plan.page(wildcards.stem).dataset).values()),
        train=lambda wildcards: list(plan.samples.train(plan.page(wildcards.stem).dataset).values()),
    output:
        **tabulated("{stem}", "tabulate_quantisation", "SARM: distances"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_quantisation")),
    conda:
        plan.resources.conda("tabulate_quantisation")
    threads: plan.resources.threads("tabulate_quantisation")
    resources:
        **plan.resources.of("tabulate_quantisation"),
    params:
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        labels=lambda wildcards: plan.datasets[plan.page(wildcards.stem).dataset].labels,
        settings=keys(run.evaluation, *COMPARISON),
        code=plan.code("tabulate_quantisation"),
    script:
        "../scripts/tabulate_quantisation.py"


rule tabulate_parameters:
    """Number of parameters of each model (SARM table 6)."""
    input:
        configs=lambda wildcards: list(
            plan.comparisons.trained_configs(plan.page(wildcards.stem).dataset).values()
        ),
        published=published,
    output:
        **tabulated("{stem}", "tabulate_parameters", "SARM: models"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_parameters")),
    conda:
        plan.resources.conda("tabulate_parameters")
    threads: plan.resources.threads("tabulate_parameters")
    resources:
        **plan.resources.of("tabulate_parameters"),
    params:
        configs=lambda wildcards: plan.comparisons.trained_configs(
            plan.page(wildcards.stem).dataset
        ),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        source=lambda wildcards: plan.datasets[plan.page(wildcards.stem).dataset].source,
        code=plan.code("tabulate_parameters"),
    script:
        "../scripts/tabulate_parameters.py"


rule tabulate_search:
    """Every trial of every study, the best first."""
    input:
        rows=plan.searches.rows(),
    output:
        **tabulated("sarm/hyperparameter_search", "tabulate_search", "SARM: models"),
    log:
        paths.log("tables/sarm/hyperparameter_search"),
    benchmark:
        paths.benchmark("tables/sarm/hyperparameter_search")
    conda:
        plan.resources.conda("tabulate_search")
    threads: plan.resources.threads("tabulate_search")
    resources:
        **plan.resources.of("tabulate_search"),
    params:
        code=plan.code("tabulate_search"),
    script:
        "../scripts/tabulate_search.py"
