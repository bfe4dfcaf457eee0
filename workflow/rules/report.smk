"""Requires: every figure and table. Gives: the report, a folder of pages that need no network, and
Snakemake's own, one HTML file."""


rule report:
    """Both reports."""
    input:
        paths.report_page(),
        paths.report(),


rule write_report:
    """How good the run is, every figure and table, and events one by one."""
    input:
        shown=rules.all.input,
        events=plan.report.event_files(),
    output:
        index=paths.report_page(),
    log:
        paths.log("report/index"),
    benchmark:
        paths.benchmark("report/index")
    conda:
        plan.resources.conda("write_report")
    threads: plan.resources.threads("write_report")
    resources:
        **plan.resources.of("write_report"),
    params:
        record=paths.record(),
        pages=plan.report.pages(),
        events=plan.report.events(),
        settings=plan.report.settings(),
        config=dict(config),
        look=folder_digest(SOURCE / "darkpixel/pages"),
        code=plan.code("write_report"),
    script:
        "../scripts/write_report.py"


rule write_snakemake_report:
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
        plan.resources.conda("write_snakemake_report")
    threads: plan.resources.threads("write_snakemake_report")
    resources:
        **plan.resources.of("write_snakemake_report"),
    params:
        # The second Snakemake knows no overlays, so what they left out is said to it.
        config=without_paper_studies(dict(config), config_files),
        code=plan.code("write_snakemake_report"),
    script:
        "../scripts/write_snakemake_report.py"
