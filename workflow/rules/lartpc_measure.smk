"""Requires: labels, codes, trained models. Gives: observables, distances, divergences, as parquet."""


rule measure_argon:
    """What the judge sees: observables per image, W1, KL divergences (LArTPC section 3, B)."""
    input:
        test=labels("test"),
        labels=[path for _, _, path in label_sources()],
        published="config/published.yaml",
    output:
        observables=f"{RESULTS}/metrics/lartpc_all_observables.parquet",
        distances=f"{RESULTS}/metrics/lartpc_all_wasserstein.parquet",
        divergences=f"{RESULTS}/metrics/lartpc_all_divergences.parquet",
    log:
        f"{RESULTS}/logs/metrics/lartpc_all.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/lartpc_all.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        sources=label_sources(),
        source=DATASETS["lartpc"].source,
        evaluation=run.evaluation.lartpc.model_dump(),
        code=code_digest("metrics.lartpc_rows", "metrics.divergence"),
    script:
        "../scripts/measure_argon.py"


rule measure_codes:
    """Use of the codebooks, entropies of independent codes, -log p of every PixelCNN."""
    input:
        codes=lambda wildcards: [
            f"{RESULTS}/codes/lartpc/all/{name}/{split}.h5"
            for name in autoencoders("lartpc", "all")
            for split in ("train", "validation", "test")
        ],
        weights=[
            f"{trained('lartpc', 'all', model, seed)}/model.safetensors"
            for model in pixelcnns()
            for seed in run.seeds
        ],
    output:
        codebooks=f"{RESULTS}/metrics/lartpc_all_codebooks.parquet",
        likelihoods=f"{RESULTS}/metrics/lartpc_all_likelihoods.parquet",
        receptive_fields=f"{RESULTS}/metrics/lartpc_all_receptive_fields.parquet",
    log:
        f"{RESULTS}/logs/metrics/lartpc_all_codes.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/lartpc_all_codes.tsv"
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=run.jobs.gpus,
    params:
        codes={name: f"{RESULTS}/codes/lartpc/all/{name}" for name in autoencoders("lartpc", "all")},
        models=[
            (
                model,
                lartpc_entry(model).autoencoder,
                seed,
                trained("lartpc", "all", model, seed),
            )
            for model in pixelcnns()
            for seed in run.seeds
        ],
        device=run.sampling.device,
        code=code_digest(
            "models.vqvae.codes", "studies.code_likelihood", "models.vqvae_pixelcnn.model"
        ),
    script:
        "../scripts/measure_codes.py"


rule measure_reconstruction:
    """Errors of the autoencoders by species, and bits per image of codes and of gzip."""
    input:
        test=f"{RESULTS}/data/lartpc/all/test.h5",
        reconstructions=[
            f"{RESULTS}/samples/lartpc/all/reconstructed_{name}/seed{run.seeds[0]}.h5"
            for name in autoencoders("lartpc", "all")
        ],
        codes=[
            f"{RESULTS}/codes/lartpc/all/{name}/test.h5" for name in autoencoders("lartpc", "all")
        ],
        likelihoods=rules.measure_codes.output.likelihoods,
    output:
        rows=f"{RESULTS}/metrics/lartpc_all_reconstruction.parquet",
    log:
        f"{RESULTS}/logs/metrics/lartpc_all_reconstruction.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/lartpc_all_reconstruction.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        models=autoencoders("lartpc", "all"),
        # The prior whose -log p is each autoencoder's: the first of the list that uses it.
        priors={lartpc_entry(model).autoencoder: model for model in reversed(pixelcnns())},
        seed=run.seeds[0],
        threshold=run.evaluation.lartpc.threshold,
        code=code_digest("metrics.compression"),
    script:
        "../scripts/measure_reconstruction.py"


rule measure_ssnet:
    """Accuracy of the judge on held-out vertex events, and on the crops that it judges."""
    input:
        unpack(accuracy_files),
        published="config/published.yaml",
    output:
        rows=f"{RESULTS}/metrics/ssnet_accuracy.parquet",
    log:
        f"{RESULTS}/logs/metrics/ssnet_accuracy.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/ssnet_accuracy.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        datasets=ARGON,
        own="lartpc_vertex" in DATASETS and DATASETS["lartpc_vertex"].source == "file",
        seed=run.seeds[0],
        code=code_digest("metrics.segmentation"),
    script:
        "../scripts/measure_ssnet.py"
