"""Requires: images. Gives: trained models, codes, the trained judge.

Checkpoints are params, not outputs: Snakemake deletes the outputs of a failed job, and training
goes on from its checkpoint when it is started again.
"""


rule train_model:
    """Train one model on the images of one label, or of all, or on its autoencoder's codes."""
    input:
        unpack(training_inputs),
    output:
        weights=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/model.safetensors",
        config=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/config.yaml",
        history=f"{RESULTS}/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}/history.csv",
    log:
        f"{RESULTS}/logs/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/models/{{dataset}}/{{label}}/{{model}}/seed{{seed}}.tsv"
    wildcard_constraints:
        label="|".join([*LABELS, JOINT]),
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=1440,
        gpu=run.jobs.gpus,
    params:
        settings=model_settings,
        training=lambda wildcards: model_entry(wildcards).training.model_dump(),
        seed=lambda wildcards: job_seed("train", *wildcards),
        monitor=training_monitor,
        checkpoints=f"{RESULTS}/checkpoints/{{dataset}}/{{label}}/{{model}}/seed{{seed}}",
        code=training_code,
    script:
        "../scripts/train_model.py"


rule encode_codes:
    """The code maps of an autoencoder for every image (LArTPC section 2)."""
    input:
        weights=lambda wildcards: f"{autoencoder_folder(*wildcards)}/model.safetensors",
        config=lambda wildcards: f"{autoencoder_folder(*wildcards)}/config.yaml",
        train=f"{RESULTS}/data/{{dataset}}/{{label}}/train.h5",
        validation=f"{RESULTS}/data/{{dataset}}/{{label}}/validation.h5",
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    output:
        train=f"{RESULTS}/codes/{{dataset}}/{{label}}/{{model}}/train.h5",
        validation=f"{RESULTS}/codes/{{dataset}}/{{label}}/{{model}}/validation.h5",
        test=f"{RESULTS}/codes/{{dataset}}/{{label}}/{{model}}/test.h5",
    log:
        f"{RESULTS}/logs/codes/{{dataset}}/{{label}}/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/codes/{{dataset}}/{{label}}/{{model}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.sampling_threads
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        code=lambda wildcards: model_code(wildcards, "models.vqvae.codes"),
    script:
        "../scripts/encode_codes.py"


rule train_ssnet:
    """Train the judge of liquid-argon images on events with known labels (LArTPC A.5)."""
    input:
        train=f"{RESULTS}/data/lartpc_vertex/all/train.h5",
        validation=f"{RESULTS}/data/lartpc_vertex/all/validation.h5",
    output:
        weights=f"{RESULTS}/judges/ssnet/seed{{seed}}/model.safetensors",
        config=f"{RESULTS}/judges/ssnet/seed{{seed}}/config.yaml",
        history=f"{RESULTS}/judges/ssnet/seed{{seed}}/history.csv",
    log:
        f"{RESULTS}/logs/judges/ssnet/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judges/ssnet/seed{{seed}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=6000,
        runtime=1440,
        gpu=run.jobs.gpus,
    params:
        settings={"model": run.judges.ssnet.model, **run.judges.ssnet.settings},
        training=run.judges.ssnet.training.model_dump(),
        seed=lambda wildcards: job_seed("train", "ssnet", wildcards.seed),
        monitor="segmentation",
        checkpoints=f"{RESULTS}/checkpoints/judges/ssnet/seed{{seed}}",
        code=code_digest(
            f"models.{run.judges.ssnet.model}.model", "training.loop", "models.ssnet.labelling"
        ),
    script:
        "../scripts/train_model.py"


rule import_ssnet:
    """The folder of a judge from a file of its weights (`judges.ssnet.weights`)."""
    input:
        weights=run.judges.ssnet.weights or [],
    output:
        weights=f"{RESULTS}/judges/ssnet/imported/model.safetensors",
        config=f"{RESULTS}/judges/ssnet/imported/config.yaml",
    log:
        f"{RESULTS}/logs/judges/ssnet/imported.log",
    benchmark:
        f"{RESULTS}/benchmarks/judges/ssnet/imported.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings={"model": run.judges.ssnet.model, **run.judges.ssnet.settings},
        images=judge_images(),
        code=code_digest(f"models.{run.judges.ssnet.model}.model"),
    script:
        "../scripts/import_ssnet.py"
