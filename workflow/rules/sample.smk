"""Requires: trained models. Gives: generated images, the same for any number of shards, and
the test images as autoencoders give them back."""


rule sample_model:
    """One shard of the images of one model, by exact incremental sampling."""
    input:
        weights=lambda wildcards: f"{sample_weights(wildcards)}/model.safetensors",
        config=lambda wildcards: f"{sample_weights(wildcards)}/config.yaml",
    output:
        samples=temp(
            f"{RESULTS}/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.shard{{shard}}.h5"
        ),
    log:
        f"{RESULTS}/logs/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.shard{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.shard{{shard}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.sampling_threads
    resources:
        mem_mb=4000,
        runtime=600,
        gpu=run.jobs.gpus,
    params:
        weights=lambda wildcards: snapshot_weights(wildcards.snapshot),
        images=lambda wildcards: sample_count(wildcards.dataset),
        block_size=run.sampling.block_size,
        shards=lambda wildcards: shard_count(wildcards.dataset),
        device=run.sampling.device,
        seed=lambda wildcards: job_seed("sample", *wildcards[:4]),
        code=lambda wildcards: model_code(wildcards, "models.sample_file"),
    script:
        "../scripts/sample_model.py"


WHOLE = [name for name in DATASETS if shard_count(name) == 1]


use rule sample_model as sample_whole with:
    output:
        samples=f"{RESULTS}/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.h5",
    log:
        f"{RESULTS}/logs/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.tsv"
    wildcard_constraints:
        dataset="|".join(WHOLE) or "none",


rule merge_samples:
    """The shards of a model's images, in order, as one file."""
    input:
        shards=shard_files,
    output:
        samples=f"{RESULTS}/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.h5",
    log:
        f"{RESULTS}/logs/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/samples/{{dataset}}/{{label}}/{{model}}/seed{{seed}}{{snapshot}}.tsv"
    wildcard_constraints:
        dataset="|".join(name for name in DATASETS if name not in WHOLE) or "none",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        code=code_digest("formats.image_concatenation"),
    script:
        "../scripts/merge_samples.py"


rule reconstruct_test:
    """Test images through encoder and decoder: what a perfect prior of the codes would make."""
    input:
        weights=lambda wildcards: f"{trained(*wildcards)}/model.safetensors",
        config=lambda wildcards: f"{trained(*wildcards)}/config.yaml",
        test=f"{RESULTS}/data/{{dataset}}/{{label}}/test.h5",
    output:
        samples=f"{RESULTS}/samples/{{dataset}}/{{label}}/reconstructed_{{model}}/seed{{seed}}.h5",
    log:
        f"{RESULTS}/logs/samples/{{dataset}}/{{label}}/reconstructed_{{model}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/samples/{{dataset}}/{{label}}/reconstructed_{{model}}/seed{{seed}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.sampling_threads
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=lambda wildcards: model_code(wildcards, "models.vqvae.codes"),
    script:
        "../scripts/reconstruct_test.py"
