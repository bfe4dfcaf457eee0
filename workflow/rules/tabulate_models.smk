"""Requires: measures, trained models. Gives: the tables in which all models and data sets stand."""


rule tabulate_classifiers:
    """AUC on Monte Carlo by source of the training images (SARM 6.1.3, 6.2.3)."""
    input:
        rows=plan.comparisons.rows("classifier_auc", plan.comparisons.classified),
        convergence=plan.comparisons.rows("convergence", plan.comparisons.classified),
    output:
        **tabulated("sarm/classifier_auc", "tabulate_classifiers", "SARM: classifiers"),
    log:
        paths.log("tables/sarm/classifier_auc"),
    benchmark:
        paths.benchmark("tables/sarm/classifier_auc")
    conda:
        plan.resources.conda("tabulate_classifiers")
    threads: plan.resources.threads("tabulate_classifiers")
    resources:
        **plan.resources.of("tabulate_classifiers"),
    params:
        code=plan.code("tabulate_classifiers"),
    script:
        "../scripts/tabulate_classifiers.py"


rule tabulate_distances:
    """AUC of the two-sample test, physics distances, coverage, memorisation, with controls."""
    input:
        two_sample=lambda wildcards: [
            path
            for kind in run.evaluation.two_sample.kinds
            for path in tested_rows(f"two_sample_{kind}", wildcards)
        ],
        distances=lambda wildcards: tested_rows("physics_distances", wildcards),
        coverage=lambda wildcards: tested_rows("coverage", wildcards),
        memorisation=lambda wildcards: tested_rows("memorisation", wildcards),
        convergence=lambda wildcards: plan.comparisons.rows(
            "convergence", plan.comparisons.tested(wildcards.paper)
        ),
    output:
        **tabulated("{paper}/two_sample_auc", "two_sample_auc", group_of, "two_sample_"),
        **tabulated("{paper}/physics_distances", "physics_distances", group_of, "distances_"),
        **tabulated("{paper}/coverage", "coverage", group_of, "coverage_"),
        **tabulated("{paper}/memorisation", "memorisation", group_of, "memorisation_"),
    log:
        paths.log("tables/{paper}/physics_distances"),
    benchmark:
        paths.benchmark("tables/{paper}/physics_distances")
    wildcard_constraints:
        paper=one_of(PAPERS),
    conda:
        plan.resources.conda("tabulate_distances")
    threads: plan.resources.threads("tabulate_distances")
    resources:
        **plan.resources.of("tabulate_distances"),
    params:
        code=plan.code("tabulate_distances"),
    script:
        "../scripts/tabulate_distances.py"


rule tabulate_diversity:
    """Diversity of the samples of all data sets."""
    input:
        rows=lambda wildcards: tested_rows("diversity", wildcards),
        convergence=lambda wildcards: plan.comparisons.rows(
            "convergence", plan.comparisons.tested(wildcards.paper)
        ),
    output:
        **tabulated("{paper}/diversity", "tabulate_diversity", group_of),
    log:
        paths.log("tables/{paper}/diversity"),
    benchmark:
        paths.benchmark("tables/{paper}/diversity")
    wildcard_constraints:
        paper=one_of(PAPERS),
    conda:
        plan.resources.conda("tabulate_diversity")
    threads: plan.resources.threads("tabulate_diversity")
    resources:
        **plan.resources.of("tabulate_diversity"),
    params:
        code=plan.code("tabulate_diversity"),
    script:
        "../scripts/tabulate_diversity.py"


rule tabulate_speed:
    """Images/s of models and simulation (SARM tables 2, 4)."""
    input:
        rows=lambda wildcards: paths.metrics(f"{plan.page(wildcards.stem).dataset}_speed"),
        convergence=lambda wildcards: plan.comparisons.rows(
            "convergence", [plan.page(wildcards.stem).dataset]
        ),
        published=published,
    output:
        **tabulated("{stem}", "tabulate_speed", "All models"),
    log:
        paths.log("tables/{stem}"),
    benchmark:
        paths.benchmark("tables/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("tabulate_speed")),
    conda:
        plan.resources.conda("tabulate_speed")
    threads: plan.resources.threads("tabulate_speed")
    resources:
        **plan.resources.of("tabulate_speed"),
    params:
        source=lambda wildcards: plan.datasets[plan.page(wildcards.stem).dataset].source,
        code=plan.code("tabulate_speed"),
    script:
        "../scripts/tabulate_speed.py"


rule tabulate_likelihood:
    """Likelihood of test images under the models that have one."""
    input:
        rows=plan.comparisons.rows("likelihood", plan.comparisons.compared),
        convergence=plan.comparisons.rows("convergence", plan.comparisons.compared),
    output:
        **tabulated("sarm/likelihood", "tabulate_likelihood", "All models"),
    log:
        paths.log("tables/sarm/likelihood"),
    benchmark:
        paths.benchmark("tables/sarm/likelihood")
    conda:
        plan.resources.conda("tabulate_likelihood")
    threads: plan.resources.threads("tabulate_likelihood")
    resources:
        **plan.resources.of("tabulate_likelihood"),
    params:
        code=plan.code("tabulate_likelihood"),
    script:
        "../scripts/tabulate_likelihood.py"


rule tabulate_matrix:
    """Every model on every data set; what had converged; the paper's percentages from our rows."""
    input:
        distances=plan.comparisons.rows_by_label("wasserstein", *plan.comparisons.compared),
        statistics=plan.comparisons.rows_by_label("statistics", *plan.comparisons.calorimetric),
        likelihoods=plan.comparisons.rows("likelihood", plan.comparisons.compared),
        speeds=plan.comparisons.rows("speed", plan.comparisons.compared),
        convergence=plan.comparisons.rows("convergence", plan.comparisons.compared),
        configs=[
            path
            for dataset in plan.comparisons.compared
            for path in plan.comparisons.configs(dataset).values()
        ],
        published=published,
    output:
        **tabulated("sarm/model_matrix", "model_matrix", "All models", "model_matrix_"),
        **tabulated("sarm/convergence", "convergence", "All models", "convergence_"),
        **(
            tabulated("sarm/improvement", "improvement", "All models", "improvement_")
            if plan.comparisons.claimed
            else {}
        ),
    log:
        paths.log("tables/sarm/model_matrix"),
    benchmark:
        paths.benchmark("tables/sarm/model_matrix")
    conda:
        plan.resources.conda("tabulate_matrix")
    threads: plan.resources.threads("tabulate_matrix")
    resources:
        **plan.resources.of("tabulate_matrix"),
    params:
        configs={
            dataset: plan.comparisons.configs(dataset) for dataset in plan.comparisons.compared
        },
        published=plan.comparisons.claimed,
        code=plan.code("tabulate_matrix"),
    script:
        "../scripts/tabulate_matrix.py"
