"""Requires: test and training images, samples, trained models. Gives: whether the samples can be
told from the images, what a classifier learns from them, likelihood and speed, as parquet."""


rule measure_distances:
    """Two-sample test on features, FPD, KPD, coverage, nearest training images of every sample."""
    input:
        test=paths.images("test"),
        train=paths.images("train"),
        samples=lambda wildcards: flat(plan.samples.with_quantised(*wildcards)),
    output:
        two_sample=paths.metrics("{dataset}_{label}_two_sample_high_level"),
        distances=paths.metrics("{dataset}_{label}_physics_distances"),
        coverage=paths.metrics("{dataset}_{label}_coverage"),
        memorisation=paths.metrics("{dataset}_{label}_memorisation"),
    log:
        paths.log("metrics/{dataset}_{label}_physics_distances"),
    benchmark:
        paths.benchmark("metrics/{dataset}_{label}_physics_distances")
    conda:
        plan.resources.conda("measure_distances")
    threads: plan.resources.threads("measure_distances")
    resources:
        **plan.resources.of("measure_distances"),
    params:
        samples=lambda wildcards: plan.samples.with_quantised(*wildcards),
        limits=lambda wildcards: plan.samples.limits(*wildcards),
        seeds=run.seeds,
        settings=keys(
            run.evaluation.two_sample,
            "n",
            "kinds",
            "folds",
            "trees",
            "leaves",
            "bins",
            "kernel_batches",
            "memorisation_images",
            "seed",
        ),
        threshold=lambda wildcards: plan.comparisons.threshold(wildcards.dataset),
        code=plan.code("measure_distances"),
    script:
        "../scripts/measure_distances.py"


rule measure_two_sample:
    """Two-sample test on pixels: a network for each sample, trained and scored."""
    input:
        test=paths.images("test"),
        train=paths.images("train"),
        samples=lambda wildcards: flat(plan.samples.with_quantised(*wildcards)),
    output:
        rows=paths.metrics("{dataset}_{label}_two_sample_low_level"),
    log:
        paths.log("metrics/{dataset}_{label}_two_sample_low_level"),
    benchmark:
        paths.benchmark("metrics/{dataset}_{label}_two_sample_low_level")
    conda:
        plan.resources.conda("measure_two_sample")
    threads: plan.resources.threads("measure_two_sample")
    resources:
        **plan.resources.of("measure_two_sample"),
    params:
        samples=lambda wildcards: plan.samples.with_quantised(*wildcards),
        limits=lambda wildcards: plan.samples.limits(*wildcards),
        seeds=run.seeds,
        settings=lambda wildcards: {
            **keys(run.evaluation.two_sample, "n", "seed"),
            "low_level": run.evaluation.network(wildcards.dataset).model_dump(),
        },
        checkpoints=paths.checkpoints("two_sample/{dataset}/{label}"),
        code=plan.code("measure_two_sample"),
    script:
        "../scripts/measure_two_sample.py"


rule train_classifier:
    """Classifiers trained on one source of images, and their answers to Monte Carlo (SARM 8.6)."""
    input:
        images=lambda wildcards: flat(plan.comparisons.classifier_images(*wildcards)),
        tests=lambda wildcards: list(plan.samples.test(wildcards.dataset).values()),
    output:
        **trained_files(paths.classifier()),
        scores=paths.scores(),
    log:
        paths.log("judges/classifier/{dataset}/{source}"),
    benchmark:
        paths.benchmark("judges/classifier/{dataset}/{source}")
    wildcard_constraints:
        source=NAME,
    conda:
        plan.resources.conda("train_classifier")
    threads: plan.resources.threads("train_classifier")
    resources:
        **plan.resources.of("train_classifier"),
    params:
        labels=lambda wildcards: plan.datasets[wildcards.dataset].labels,
        sources=lambda wildcards: plan.comparisons.classifier_images(*wildcards),
        settings={"model": run.judges.classifier.model, **run.judges.classifier.settings},
        training=run.judges.classifier.training.model_dump(),
        numbers=lambda wildcards: plan.comparisons.classifier_numbers(wildcards.dataset),
        seed=lambda wildcards: plan.seed("classifier", *wildcards),
        checkpoints=paths.checkpoints("judges/classifier/{dataset}/{source}"),
        code=plan.code("train_classifier"),
    script:
        "../scripts/train_classifier.py"


rule measure_classifiers:
    """AUC on Monte Carlo with its errors, and the ROC curves, by source of the training images."""
    input:
        scores=lambda wildcards: plan.comparisons.classifier_scores(wildcards.dataset),
    output:
        rows=paths.metrics("{dataset}_classifier_auc"),
        curves=paths.metrics("{dataset}_classifier_roc"),
    log:
        paths.log("metrics/{dataset}_classifier"),
    benchmark:
        paths.benchmark("metrics/{dataset}_classifier")
    conda:
        plan.resources.conda("measure_classifiers")
    threads: plan.resources.threads("measure_classifiers")
    resources:
        **plan.resources.of("measure_classifiers"),
    params:
        sources=lambda wildcards: plan.comparisons.classifier_sources(wildcards.dataset),
        code=plan.code("measure_classifiers"),
    script:
        "../scripts/measure_classifiers.py"


rule measure_likelihood:
    """Bits per pixel of test images under the models that have a likelihood."""
    input:
        weights=lambda wildcards: plan.comparisons.scored_weights(wildcards.dataset),
        test=lambda wildcards: list(plan.samples.test(wildcards.dataset).values()),
        train=lambda wildcards: list(plan.samples.train(wildcards.dataset).values()),
    output:
        rows=paths.metrics("{dataset}_likelihood"),
    log:
        paths.log("metrics/{dataset}_likelihood"),
    benchmark:
        paths.benchmark("metrics/{dataset}_likelihood")
    conda:
        plan.resources.conda("measure_likelihood")
    threads: plan.resources.threads("measure_likelihood")
    resources:
        **plan.resources.of("measure_likelihood"),
    params:
        models=lambda wildcards: plan.comparisons.scored_models(wildcards.dataset),
        settings=keys(run.speed, "likelihood_images", "likelihood_draws"),
        seed=lambda wildcards: plan.seed("likelihood", wildcards.dataset),
        device=run.sampling.device,
        code=plan.code("measure_likelihood"),
    script:
        "../scripts/measure_likelihood.py"


rule measure_speed:
    """Images/s of every model and of the simulation, one after the other (SARM tables 2, 4)."""
    input:
        weights=lambda wildcards: plan.comparisons.timed_weights(wildcards.dataset),
        pool=lambda wildcards: plan.comparisons.pileup(wildcards.dataset),
        train=lambda wildcards: plan.comparisons.timed_training(wildcards.dataset),
    output:
        rows=paths.metrics("{dataset}_speed"),
    log:
        paths.log("metrics/{dataset}_speed"),
    benchmark:
        paths.benchmark("metrics/{dataset}_speed")
    conda:
        plan.resources.conda("measure_speed")
    threads: plan.resources.threads("measure_speed")
    resources:
        **plan.resources.of("measure_speed"),
    params:
        models=lambda wildcards: plan.comparisons.timed_models(wildcards.dataset),
        selection=lambda wildcards: plan.comparisons.timed_selection(wildcards.dataset),
        label=lambda wildcards: plan.datasets[wildcards.dataset].labels[0],
        simulated=lambda wildcards: plan.comparisons.timed_simulation(wildcards.dataset),
        speed=keys(run.speed, "batch", "seconds", "threads"),
        block_size=run.sampling.block_size,
        device=run.sampling.device,
        seed=lambda wildcards: plan.seed("speed", wildcards.dataset),
        code=plan.code("measure_speed"),
    script:
        "../scripts/measure_speed.py"
