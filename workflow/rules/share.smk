"""Requires: every figure and table. Gives: models of one file each with cards, and an archive of the
run with its provenance (RO-Crate). Nothing that a run makes by itself needs them."""


rule pack_models:
    """Small trained models as one file each, with model cards and cards of the data sets."""
    input:
        weights=plan.sharing.weights(),
        tables=plan.sharing.tables(),
    output:
        models=directory(paths.release("models")),
    log:
        paths.log("release/models"),
    benchmark:
        paths.benchmark("release/models")
    conda:
        plan.resources.conda("pack_models")
    threads: plan.resources.threads("pack_models")
    resources:
        **plan.resources.of("pack_models"),
    params:
        models=plan.sharing.models(),
        datasets=plan.sharing.datasets(),
        largest=plan.sharing.largest,
        record=paths.record(),
        code=plan.code("pack_models"),
    script:
        "../scripts/pack_models.py"


rule pack_run:
    """A run as an RO-Crate: packed models, tables, figures, report, and what made them."""
    input:
        models=rules.pack_models.output.models,
        pages=plan.targets(),
        report=paths.report_page(),
        snakemake_report=paths.report(),
        licence=of_project("LICENSE"),
        citation=of_project("CITATION.cff"),
    output:
        crate=paths.release(f"darkpixel-{run.run}.zip"),
    log:
        paths.log("release/crate"),
    benchmark:
        paths.benchmark("release/crate")
    conda:
        plan.resources.conda("pack_run")
    threads: plan.resources.threads("pack_run")
    resources:
        **plan.resources.of("pack_run"),
    params:
        results=lambda wildcards, output: str(Path(output.crate).parents[1]),
        record=paths.record(),
        code=plan.code("pack_run"),
    script:
        "../scripts/pack_run.py"
