"""Requires: images, samples, labels, trained models. Gives: what each model's images are like,
beside the test images, as parquet."""


rule measure_samples:
    """pT, mass and zeros of every image, W1 with bootstrap error and noise floor (SARM 6.1.2)."""
    input:
        test=paths.images("test"),
        samples=lambda wildcards: flat(plan.samples.with_quantised(*wildcards)),
        published=published,
    output:
        observables=paths.metrics("{dataset}_{label}_observables"),
        distances=paths.metrics("{dataset}_{label}_wasserstein"),
        statistics=paths.metrics("{dataset}_{label}_statistics"),
    log:
        paths.log("metrics/{dataset}_{label}"),
    benchmark:
        paths.benchmark("metrics/{dataset}_{label}")
    conda:
        plan.resources.conda("measure_samples")
    threads: plan.resources.threads("measure_samples")
    resources:
        **plan.resources.of("measure_samples"),
    params:
        samples=lambda wildcards: plan.samples.with_quantised(*wildcards),
        seeds=run.seeds,
        source=lambda wildcards: plan.datasets[wildcards.dataset].source,
        settings=keys(run.evaluation, *COMPARISON),
        code=plan.code("measure_samples"),
    script:
        "../scripts/measure_samples.py"


rule measure_orders:
    """The same of the models that differ in the order of generation (SARM 6.1.4)."""
    input:
        test=paths.images("test"),
        samples=lambda wildcards: flat(plan.samples.of(*wildcards, plan.trainings.order_models())),
        published=published,
    output:
        observables=paths.metrics("{dataset}_{label}_order_observables"),
        distances=paths.metrics("{dataset}_{label}_orders"),
        statistics=paths.metrics("{dataset}_{label}_order_statistics"),
    log:
        paths.log("metrics/{dataset}_{label}_orders"),
    benchmark:
        paths.benchmark("metrics/{dataset}_{label}_orders")
    wildcard_constraints:
        dataset="jets",
    conda:
        plan.resources.conda("measure_orders")
    threads: plan.resources.threads("measure_orders")
    resources:
        **plan.resources.of("measure_orders"),
    params:
        samples=lambda wildcards: plan.samples.of(*wildcards, plan.trainings.order_models()),
        seeds=run.seeds,
        source=lambda wildcards: plan.datasets[wildcards.dataset].source,
        settings=keys(run.evaluation, *COMPARISON),
        code=plan.code("measure_orders"),
    script:
        "../scripts/measure_orders.py"


rule measure_diversity:
    """Whether a model repeats itself: spread of the samples over that of the data (SARM 8.4.1)."""
    input:
        test=paths.images("test"),
        samples=lambda wildcards: flat(plan.samples.of(*wildcards)),
    output:
        rows=paths.metrics("{dataset}_{label}_diversity"),
    log:
        paths.log("metrics/{dataset}_{label}_diversity"),
    benchmark:
        paths.benchmark("metrics/{dataset}_{label}_diversity")
    conda:
        plan.resources.conda("measure_diversity")
    threads: plan.resources.threads("measure_diversity")
    resources:
        **plan.resources.of("measure_diversity"),
    params:
        samples=lambda wildcards: plan.samples.of(*wildcards),
        settings=keys(run.evaluation, "diversity_images", "seed"),
        code=plan.code("measure_diversity"),
    script:
        "../scripts/measure_diversity.py"


rule measure_convergence:
    """Whether the validation loss of each training run had levelled off."""
    input:
        histories=lambda wildcards: plan.trainings.history_files(wildcards.dataset),
    output:
        rows=paths.metrics("{dataset}_convergence"),
    log:
        paths.log("metrics/{dataset}_convergence"),
    benchmark:
        paths.benchmark("metrics/{dataset}_convergence")
    conda:
        plan.resources.conda("measure_convergence")
    threads: plan.resources.threads("measure_convergence")
    resources:
        **plan.resources.of("measure_convergence"),
    params:
        trainings=lambda wildcards: plan.trainings.followed(wildcards.dataset),
        seeds=run.seeds,
        code=plan.code("measure_convergence"),
    script:
        "../scripts/measure_convergence.py"


rule measure_order_convergence:
    """The same of the models that differ in the order of generation."""
    input:
        histories=lambda wildcards: plan.trainings.history_files(
            wildcards.dataset, plan.trainings.order_models()
        ),
    output:
        rows=paths.metrics("{dataset}_order_convergence"),
    log:
        paths.log("metrics/{dataset}_order_convergence"),
    benchmark:
        paths.benchmark("metrics/{dataset}_order_convergence")
    wildcard_constraints:
        dataset="jets",
    conda:
        plan.resources.conda("measure_order_convergence")
    threads: plan.resources.threads("measure_order_convergence")
    resources:
        **plan.resources.of("measure_order_convergence"),
    params:
        trainings=lambda wildcards: plan.trainings.followed(
            wildcards.dataset, plan.trainings.order_models()
        ),
        seeds=run.seeds,
        code=plan.code("measure_order_convergence"),
    script:
        "../scripts/measure_order_convergence.py"


rule measure_lartpc:
    """What SSNet sees: observables per image, W1, KL divergences (LArTPC section 3, B)."""
    input:
        test=plan.lartpc.labels("test"),
        labels=lambda wildcards: [path for _, _, path in plan.lartpc.labelled()],
        published=published,
    output:
        observables=paths.metrics("lartpc_all_observables"),
        distances=paths.metrics("lartpc_all_wasserstein"),
        divergences=paths.metrics("lartpc_all_divergences"),
    log:
        paths.log("metrics/lartpc_all"),
    benchmark:
        paths.benchmark("metrics/lartpc_all")
    conda:
        plan.resources.conda("measure_lartpc")
    threads: plan.resources.threads("measure_lartpc")
    resources:
        **plan.resources.of("measure_lartpc"),
    params:
        sources=lambda wildcards: plan.lartpc.labelled(),
        source=lambda wildcards: plan.lartpc.source,
        settings=keys(
            run.evaluation.lartpc,
            *COMPARISON,
            *HISTOGRAMS,
            "low_confidence",
            "direction",
            "smoothing",
        ),
        code=plan.code("measure_lartpc"),
    script:
        "../scripts/measure_lartpc.py"


rule measure_lartpc_shapes:
    """Main clusters, ends, pieces and centroids of the images: without SSNet and its labels."""
    input:
        test=paths.images("test", "lartpc", "all"),
        samples=lambda wildcards: [path for _, _, path in plan.lartpc.generated()],
    output:
        observables=paths.metrics("lartpc_all_shapes"),
        distances=paths.metrics("lartpc_all_shape_distances"),
    log:
        paths.log("metrics/lartpc_all_shapes"),
    benchmark:
        paths.benchmark("metrics/lartpc_all_shapes")
    conda:
        plan.resources.conda("measure_lartpc_shapes")
    threads: plan.resources.threads("measure_lartpc_shapes")
    resources:
        **plan.resources.of("measure_lartpc_shapes"),
    params:
        sources=lambda wildcards: plan.lartpc.generated(),
        settings=keys(run.evaluation.lartpc, *COMPARISON, "threshold"),
        code=plan.code("measure_lartpc_shapes"),
    script:
        "../scripts/measure_lartpc_shapes.py"


rule measure_momentum_response:
    """Length, charge and pixels by momentum, of the models that are told species and momentum."""
    input:
        observables=rules.measure_lartpc_shapes.output.observables,
    output:
        bins=paths.metrics("lartpc_all_momentum_bins"),
        deviations=paths.metrics("lartpc_all_momentum_deviations"),
    log:
        paths.log("metrics/lartpc_all_momentum_bins"),
    benchmark:
        paths.benchmark("metrics/lartpc_all_momentum_bins")
    conda:
        plan.resources.conda("measure_momentum_response")
    threads: plan.resources.threads("measure_momentum_response")
    resources:
        **plan.resources.of("measure_momentum_response"),
    params:
        models=lambda wildcards: plan.lartpc.told_momentum,
        settings=keys(run.evaluation.lartpc, "floor_splits", "seed"),
        code=plan.code("measure_momentum_response"),
    script:
        "../scripts/measure_momentum_response.py"


rule measure_codes:
    """Use of the codebooks, entropies of independent codes, -log p of every PixelCNN."""
    input:
        codes=lambda wildcards: [
            paths.codes(split, "lartpc", "all", name)
            for name in plan.lartpc.autoencoders
            for split in SPLITS
        ],
        weights=lambda wildcards: [
            model_files(folder)["weights"] for *_, folder in plan.lartpc.trained_priors()
        ],
    output:
        codebooks=paths.metrics("lartpc_all_codebooks"),
        likelihoods=paths.metrics("lartpc_all_likelihoods"),
        receptive_fields=paths.metrics("lartpc_all_receptive_fields"),
    log:
        paths.log("metrics/lartpc_all_codes"),
    benchmark:
        paths.benchmark("metrics/lartpc_all_codes")
    conda:
        plan.resources.conda("measure_codes")
    threads: plan.resources.threads("measure_codes")
    resources:
        **plan.resources.of("measure_codes"),
    params:
        codes=lambda wildcards: plan.lartpc.code_folders(),
        models=lambda wildcards: plan.lartpc.trained_priors(),
        device=run.sampling.device,
        code=plan.code("measure_codes"),
    script:
        "../scripts/measure_codes.py"


rule measure_reconstruction:
    """Errors of the autoencoders by species, and bits per image of codes and of gzip."""
    input:
        test=paths.images("test", "lartpc", "all"),
        reconstructions=lambda wildcards: [
            plan.lartpc.reconstructed(name) for name in plan.lartpc.autoencoders
        ],
        codes=lambda wildcards: plan.lartpc.coded("test"),
        likelihoods=rules.measure_codes.output.likelihoods,
    output:
        rows=paths.metrics("lartpc_all_reconstruction"),
    log:
        paths.log("metrics/lartpc_all_reconstruction"),
    benchmark:
        paths.benchmark("metrics/lartpc_all_reconstruction")
    conda:
        plan.resources.conda("measure_reconstruction")
    threads: plan.resources.threads("measure_reconstruction")
    resources:
        **plan.resources.of("measure_reconstruction"),
    params:
        models=lambda wildcards: plan.lartpc.autoencoders,
        priors=lambda wildcards: plan.lartpc.prior_of,
        seed=run.seeds[0],
        threshold=run.evaluation.lartpc.threshold,
        code=plan.code("measure_reconstruction"),
    script:
        "../scripts/measure_reconstruction.py"


rule measure_ssnet:
    """Accuracy of SSNet on held-out events, and on the crops that it labels."""
    input:
        truth=[paths.images("test", name, "all") for name in plan.lartpc.datasets],
        labels=[paths.labels(name, "all", "test") for name in plan.lartpc.datasets],
        published=published,
    output:
        rows=paths.metrics("ssnet_accuracy"),
    log:
        paths.log("metrics/ssnet_accuracy"),
    benchmark:
        paths.benchmark("metrics/ssnet_accuracy")
    conda:
        plan.resources.conda("measure_ssnet")
    threads: plan.resources.threads("measure_ssnet")
    resources:
        **plan.resources.of("measure_ssnet"),
    params:
        datasets=plan.lartpc.datasets,
        source=plan.lartpc.vertex_source,
        seed=run.seeds[0],
        code=plan.code("measure_ssnet"),
    script:
        "../scripts/measure_ssnet.py"
