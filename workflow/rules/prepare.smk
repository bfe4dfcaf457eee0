"""Requires: events, a public file or the user's own. Gives: images in three disjoint splits."""


rule download_data:
    """A public data file, with resume, mirrors, size and checksum (config/sources.yaml)."""
    output:
        file="results/downloads/{source}.{suffix}",
    log:
        "results/downloads/{source}.{suffix}.log",
    benchmark:
        "results/downloads/{source}.{suffix}.tsv"
    wildcard_constraints:
        source=r"\w+",
        suffix=r"[a-z0-9]+(\.[a-z0-9]+)*",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=600,
    params:
        source=lambda wildcards: public_source(wildcards.source).model_dump(),
        code=code_digest("formats.download"),
    script:
        "../scripts/download_data.py"


rule prepare_data:
    """Image the jets of a label and split them, disjoint by event."""
    input:
        raw=raw_files,
    output:
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        validation=f"{RESULTS}/data/{{dataset}}/{{label}}/validation.h5",
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    log:
        f"{RESULTS}/logs/data/{{dataset}}/{{label}}/prepare.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{dataset}}/{{label}}/prepare.tsv"
    wildcard_constraints:
        dataset="jets",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        source=lambda wildcards: DATASETS[wildcards.dataset].source,
        beside=lambda wildcards: files_beside(wildcards.dataset, wildcards.label),
        imaging=lambda wildcards: DATASETS[wildcards.dataset].imaging.model_dump(),
        sizes=lambda wildcards: DATASETS[wildcards.dataset].images.model_dump(),
        seed=lambda wildcards: job_seed("prepare", wildcards.dataset, wildcards.label),
        code=code_digest("datasets.jets"),
    script:
        "../scripts/prepare_data.py"


rule prepare_argon:
    """Crop and scale liquid-argon images and split them, disjoint by event."""
    input:
        raw=raw_files,
    output:
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        validation=f"{RESULTS}/data/{{dataset}}/{{label}}/validation.h5",
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    log:
        f"{RESULTS}/logs/data/{{dataset}}/{{label}}/prepare.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{dataset}}/{{label}}/prepare.tsv"
    wildcard_constraints:
        dataset="lartpc|lartpc_vertex",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        source=lambda wildcards: DATASETS[wildcards.dataset].source,
        imaging=lambda wildcards: DATASETS[wildcards.dataset].imaging.model_dump(),
        pixel_size=lambda wildcards: DATASETS[wildcards.dataset].simulation.pixel_size,
        sizes=lambda wildcards: DATASETS[wildcards.dataset].images.model_dump(),
        seed=lambda wildcards: job_seed("prepare", wildcards.dataset, wildcards.label),
        code=code_digest("datasets.lartpc"),
    script:
        "../scripts/prepare_argon.py"


rule join_labels:
    """The images of all labels in one file, for models that are trained on them together."""
    input:
        lambda wildcards: [
            f"{RESULTS}/data/{wildcards.dataset}/{label}/{wildcards.split}.h5"
            for label in DATASETS[wildcards.dataset].labels
        ],
    output:
        images=f"{RESULTS}/data/{{dataset}}/{JOINT}/{{split}}.h5",
    log:
        f"{RESULTS}/logs/data/{{dataset}}/{JOINT}/{{split}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{dataset}}/{JOINT}/{{split}}.tsv"
    wildcard_constraints:
        split="train|validation",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        labels=lambda wildcards: DATASETS[wildcards.dataset].labels,
        code=code_digest("datasets.joint"),
    script:
        "../scripts/join_labels.py"
