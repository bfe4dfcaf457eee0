"""Requires: every figure and table. Gives: one HTML file that needs no network."""


rule report:
    """Snakemake's report, by a second Snakemake: a run's own report cannot be one of its jobs."""
    input:
        rules.all.input,
    output:
        html=paths.report(),
    log:
        paths.log("report"),
    benchmark:
        paths.benchmark("report")
    conda:
        plan.resources.conda("report")
    threads: plan.resources.threads("report")
    resources:
        **plan.resources.of("report"),
    params:
        # The second Snakemake knows no overlays, so what they left out is said to it.
        config=without_paper_studies(dict(config), config_files),
        code=plan.code("report"),
    script:
        "../scripts/report.py"
