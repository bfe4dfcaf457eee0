"""Requires: images and samples of two labels. Gives: what a classifier learns from them.

Data sets of one or of more than two labels, and those without models, are left out. The lists for
the Snakefile are ROC_FIGURES and CLASSIFIER_TABLES.
"""


rule train_classifier:
    """Classifiers trained on one source of images, and their answers to Monte Carlo (SARM 8.6)."""
    input:
        images=lambda wildcards: flat(classifier_images(wildcards)),
        tests=lambda wildcards: list(test_files(wildcards.dataset).values()),
    output:
        weights=f"{RESULTS}/judges/classifier/{{dataset}}/{{source}}/model.safetensors",
        config=f"{RESULTS}/judges/classifier/{{dataset}}/{{source}}/config.yaml",
        history=f"{RESULTS}/judges/classifier/{{dataset}}/{{source}}/history.csv",
        scores=f"{RESULTS}/judges/classifier/{{dataset}}/{{source}}/scores.parquet",
    log:
        f"{RESULTS}/logs/judges/classifier/{{dataset}}/{{source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judges/classifier/{{dataset}}/{{source}}.tsv"
    wildcard_constraints:
        source=r"[A-Za-z_]\w*",
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.training_threads
    resources:
        mem_mb=4000,
        runtime=720,
        gpu=run.jobs.gpus,
    params:
        labels=lambda wildcards: DATASETS[wildcards.dataset].labels,
        sources=classifier_images,
        settings={"model": run.judges.classifier.model, **run.judges.classifier.settings},
        training=run.judges.classifier.training.model_dump(),
        repetitions=run.judges.classifier.repetitions,
        images=classifier_image_count,
        test_images=run.judges.classifier.test_images,
        seed=lambda wildcards: job_seed("classifier", *wildcards),
        checkpoints=f"{RESULTS}/checkpoints/judges/classifier/{{dataset}}/{{source}}",
        code=code_digest(f"models.{run.judges.classifier.model}.model", "studies.classifiers"),
    script:
        "../scripts/train_classifier.py"


rule measure_classifiers:
    """AUC on Monte Carlo with its errors, and the ROC curves, by source of the training images."""
    input:
        scores=lambda wildcards: classifier_scores(wildcards.dataset),
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}_classifier_auc.parquet",
        curves=f"{RESULTS}/metrics/{{dataset}}_classifier_roc.parquet",
    log:
        f"{RESULTS}/logs/metrics/{{dataset}}_classifier.log",
    benchmark:
        f"{RESULTS}/benchmarks/metrics/{{dataset}}_classifier.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        sources=lambda wildcards: classifier_sources(wildcards.dataset),
        code=code_digest("metrics.roc"),
    script:
        "../scripts/measure_classifiers.py"


rule draw_roc:
    """ROC curves of classifiers trained on each source of images (SARM figures 9, 14)."""
    input:
        rows=lambda wildcards: f"{RESULTS}/metrics/{ROC[wildcards.stem]}_classifier_auc.parquet",
        curves=lambda wildcards: f"{RESULTS}/metrics/{ROC[wildcards.stem]}_classifier_roc.parquet",
        convergence=lambda wildcards: convergence_file(ROC[wildcards.stem]),
    output:
        **drawn("{stem}", "classifier_roc", "SARM: classifiers"),
    log:
        f"{RESULTS}/logs/figures/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{stem}}.tsv"
    wildcard_constraints:
        stem="|".join(ROC) or "none",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        dataset=lambda wildcards: ROC[wildcards.stem],
        code=code_digest("figures.sarm.roc", "metrics.convergence"),
    script:
        "../scripts/draw_roc.py"


rule tabulate_classifiers:
    """AUC on Monte Carlo by source of the training images, jets and muons (SARM 6.1.3, 6.2.3)."""
    input:
        rows=[f"{RESULTS}/metrics/{dataset}_classifier_auc.parquet" for dataset in CLASSIFIED],
        convergence=[convergence_file(dataset) for dataset in CLASSIFIED],
    output:
        **tabulated("sarm/classifier_auc", "classifier_auc", "SARM: classifiers"),
    log:
        f"{RESULTS}/logs/tables/sarm/classifier_auc.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/sarm/classifier_auc.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        code=code_digest("metrics.convergence", "metrics.roc"),
    script:
        "../scripts/tabulate_classifiers.py"
