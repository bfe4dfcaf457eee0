"""Requires: images. Gives: trained models.

Checkpoints are params, not outputs: Snakemake deletes the outputs of a failed job, and training
goes on from its checkpoint when it is started again.
"""


rule train_model:
    """Train one model on one label (SARM section 8.6)."""
    input:
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        validation=f"{RESULTS}/data/{{dataset}}/{{label}}/validation.h5",
    output:
        weights=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/model.safetensors",
        config=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/config.yaml",
        history=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/history.csv",
    log:
        f"{RESULTS}/logs/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=1440,
        gpu=run.jobs.gpus,
    params:
        settings=model_settings,
        training=lambda wildcards: run.models[wildcards.model].training.model_dump(),
        seed=lambda wildcards: job_seed("train", *wildcards),
        checkpoints=f"{RESULTS}/checkpoints/{{dataset}}/{{label}}/{{model}}/seed{{seed}}",
        code=training_code,
    script:
        "../scripts/train_model.py"
