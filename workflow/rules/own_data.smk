"""Requires: a data set of one file in src/darkpixel/datasets. Gives: its images in three splits."""


rule prepare_own:
    """The images of one label as the data set's file makes them, split, disjoint by event."""
    input:
        raw=lambda wildcards: [
            path for path in [DATASETS[wildcards.dataset].file.get(wildcards.label)] if path
        ],
    output:
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        validation=f"{RESULTS}/data/{{dataset}}/{{label}}/validation.h5",
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    log:
        f"{RESULTS}/logs/data/{{dataset}}/{{label}}/prepare.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{dataset}}/{{label}}/prepare.tsv"
    wildcard_constraints:
        dataset="|".join(OWN) or "none",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        settings=lambda wildcards: DATASETS[wildcards.dataset].model_dump(exclude={"models"}),
        seed=lambda wildcards: job_seed("prepare", wildcards.dataset, wildcards.label),
        code=lambda wildcards: code_digest(f"datasets.{wildcards.dataset}", "datasets.custom"),
    script:
        "../scripts/prepare_own.py"
