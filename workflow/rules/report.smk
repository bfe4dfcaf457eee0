"""Requires: every figure and table. Gives: one HTML file that needs no network."""


rule report:
    """Snakemake's report, by a second Snakemake: a run's own report cannot be one of its jobs."""
    input:
        rules.all.input,
    output:
        html=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        config=dict(config),
    script:
        "../scripts/report_run.py"
