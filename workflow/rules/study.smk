"""Requires: images. Gives: the trials of the hyper-parameter search, and speed by width of the
upsampling layer (SARM 8.6, 6.1.5), as parquet."""


# Trials that are done stay in the checkpoints: a study that is given more goes on from them.
rule search_hyperparameters:
    """Try the settings of one study (SARM 8.6)."""
    input:
        train=lambda wildcards: plan.searches.images(wildcards.study, "train"),
        validation=lambda wildcards: plan.searches.images(wildcards.study, "validation"),
    output:
        rows=paths.metrics("search/{study}"),
    log:
        paths.log("metrics/search/{study}"),
    benchmark:
        paths.benchmark("metrics/search/{study}")
    wildcard_constraints:
        study=one_of(plan.searches.studies),
    conda:
        plan.resources.conda("search_hyperparameters")
    threads: plan.resources.threads("search_hyperparameters")
    resources:
        **plan.resources.of("search_hyperparameters"),
    params:
        study=lambda wildcards: run.studies[wildcards.study].model_dump(),
        space=lambda wildcards: plan.searches.space(wildcards.study),
        settings=lambda wildcards: plan.searches.settings(wildcards.study),
        training=lambda wildcards: plan.searches.entry(wildcards.study).training.model_dump(),
        seed=lambda wildcards: plan.seed("search", wildcards.study),
        checkpoints=paths.checkpoints("search/{study}"),
        code=plan.code("search_hyperparameters"),
    script:
        "../scripts/search_hyperparameters.py"


rule measure_widths:
    """Speed and memory of D+D by the width of its upsampling layer (SARM 6.1.5)."""
    input:
        train=lambda wildcards: plan.searches.width_images(),
    output:
        rows=paths.metrics("jets_widths"),
    log:
        paths.log("metrics/jets_widths"),
    benchmark:
        paths.benchmark("metrics/jets_widths")
    conda:
        plan.resources.conda("measure_widths")
    threads: plan.resources.threads("measure_widths")
    resources:
        **plan.resources.of("measure_widths"),
    params:
        settings=lambda wildcards: plan.searches.width_settings(),
        widths=lambda wildcards: run.widths.model_dump(),
        seed=plan.seed("widths"),
        code=plan.code("measure_widths"),
    script:
        "../scripts/measure_widths.py"
