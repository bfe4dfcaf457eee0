"""Requires: images of liquid argon. Gives: a segmentation network (SSNet) and its labels of any
images: track or shower, pixel by pixel."""


rule train_ssnet:
    """Train SSNet on events with known labels (LArTPC A.5)."""
    input:
        train=paths.images("train", "lartpc_vertex", "all"),
        validation=paths.images("validation", "lartpc_vertex", "all"),
    output:
        **trained_files(paths.ssnet()),
    log:
        paths.log("judges/ssnet/seed{seed}"),
    benchmark:
        paths.benchmark("judges/ssnet/seed{seed}")
    conda:
        plan.resources.conda("train_ssnet")
    threads: plan.resources.threads("train_ssnet")
    resources:
        **plan.resources.of("train_ssnet"),
    params:
        settings=plan.lartpc.ssnet_settings(),
        training=run.judges.ssnet.training.model_dump(),
        symmetries=plan.lartpc.ssnet_symmetries(),
        seed=lambda wildcards: plan.seed("train", "ssnet", wildcards.seed),
        checkpoints=paths.checkpoints("judges/ssnet/seed{seed}"),
        code=plan.code("train_ssnet"),
    script:
        "../scripts/train_ssnet.py"


rule import_ssnet:
    """The folder of SSNet from a file of its weights (`judges.ssnet.weights`)."""
    input:
        weights=run.judges.ssnet.weights or [],
    output:
        **model_files(paths.imported_ssnet()),
    log:
        paths.log("judges/ssnet/imported"),
    benchmark:
        paths.benchmark("judges/ssnet/imported")
    conda:
        plan.resources.conda("import_ssnet")
    threads: plan.resources.threads("import_ssnet")
    resources:
        **plan.resources.of("import_ssnet"),
    params:
        settings=plan.lartpc.ssnet_settings(),
        images=plan.lartpc.ssnet_images(),
        code=plan.code("import_ssnet"),
    script:
        "../scripts/import_ssnet.py"


rule label_images:
    """SSNet's answer to the images of one file: track, shower, and its scores."""
    input:
        **plan.lartpc.ssnet(),
        images=lambda wildcards: plan.lartpc.images_to_label(*wildcards),
    output:
        labels=paths.labels(),
    log:
        paths.log("judges/ssnet/labels/{dataset}/{label}/{source}"),
    benchmark:
        paths.benchmark("judges/ssnet/labels/{dataset}/{label}/{source}")
    wildcard_constraints:
        source=r"test|\w+/seed\d+(-epoch\d+)?",
    conda:
        plan.resources.conda("label_images")
    threads: plan.resources.threads("label_images")
    resources:
        **plan.resources.of("label_images"),
    params:
        settings=keys(run.evaluation.lartpc, "threshold", "score_bins"),
        device=run.sampling.device,
        code=plan.code("label_images"),
    script:
        "../scripts/label_images.py"
