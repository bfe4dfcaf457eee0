"""Requires: trained models. Gives: generated images, the same for any number of jobs, and
the test images as models with a grid or a codebook give them back."""


rule sample_whole:
    """All images of one model, by exact incremental sampling."""
    input:
        unpack(lambda wildcards: plan.samples.inputs(*wildcards[:4])),
    output:
        samples=paths.samples(),
    log:
        paths.log("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}"),
    benchmark:
        paths.benchmark("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}")
    wildcard_constraints:
        dataset=one_of(plan.samples.sharded(False)),
    conda:
        plan.resources.conda("sample_whole")
    threads: plan.resources.threads("sample_whole")
    resources:
        **plan.resources.of("sample_whole"),
    params:
        weights=lambda wildcards: snapshot_weights(wildcards.snapshot),
        recipe=lambda wildcards: plan.samples.recipe(wildcards.dataset),
        selection=lambda wildcards: plan.samples.selection(wildcards.dataset, wildcards.model),
        seed=lambda wildcards: plan.seed("sample", *wildcards[:4]),
        code=plan.code("sample_whole"),
    script:
        "../scripts/sample_whole.py"


rule sample_model:
    """One shard of the images of one model."""
    input:
        unpack(lambda wildcards: plan.samples.inputs(*wildcards[:4])),
    output:
        samples=temp(paths.shard()),
    log:
        paths.log("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}.shard{shard}"),
    benchmark:
        paths.benchmark("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}.shard{shard}")
    conda:
        plan.resources.conda("sample_model")
    threads: plan.resources.threads("sample_model")
    resources:
        **plan.resources.of("sample_model"),
    params:
        weights=lambda wildcards: snapshot_weights(wildcards.snapshot),
        recipe=lambda wildcards: plan.samples.recipe(wildcards.dataset),
        selection=lambda wildcards: plan.samples.selection(wildcards.dataset, wildcards.model),
        seed=lambda wildcards: plan.seed("sample", *wildcards[:4]),
        code=plan.code("sample_model"),
    script:
        "../scripts/sample_model.py"


rule merge_samples:
    """The shards of a model's images, in order, as one file."""
    input:
        shards=lambda wildcards: plan.samples.shard_files(*wildcards),
    output:
        samples=paths.samples(),
    log:
        paths.log("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}"),
    benchmark:
        paths.benchmark("samples/{dataset}/{label}/{model}/seed{seed}{snapshot}")
    wildcard_constraints:
        dataset=one_of(plan.samples.sharded(True)),
    conda:
        plan.resources.conda("merge_samples")
    threads: plan.resources.threads("merge_samples")
    resources:
        **plan.resources.of("merge_samples"),
    params:
        code=plan.code("merge_samples"),
    script:
        "../scripts/merge_samples.py"


rule quantise_test:
    """Test images on a model's grid, spread as its samples: a perfect generator on it."""
    input:
        **model_files(paths.model()),
        test=paths.images("test"),
    output:
        samples=paths.quantised(),
    log:
        paths.log("samples/{dataset}/{label}/quantised_{model}/seed{seed}"),
    benchmark:
        paths.benchmark("samples/{dataset}/{label}/quantised_{model}/seed{seed}")
    conda:
        plan.resources.conda("quantise_test")
    threads: plan.resources.threads("quantise_test")
    resources:
        **plan.resources.of("quantise_test"),
    params:
        seed=lambda wildcards: plan.seed("quantise", *wildcards),
        code=plan.code("quantise_test"),
    script:
        "../scripts/quantise_test.py"


rule reconstruct_test:
    """Test images through encoder and decoder: what a perfect prior of the codes would make."""
    input:
        **model_files(paths.model()),
        test=paths.images("test"),
    output:
        samples=paths.reconstructed(),
    log:
        paths.log("samples/{dataset}/{label}/reconstructed_{model}/seed{seed}"),
    benchmark:
        paths.benchmark("samples/{dataset}/{label}/reconstructed_{model}/seed{seed}")
    conda:
        plan.resources.conda("reconstruct_test")
    threads: plan.resources.threads("reconstruct_test")
    resources:
        **plan.resources.of("reconstruct_test"),
    params:
        code=plan.code("reconstruct_test"),
    script:
        "../scripts/reconstruct_test.py"
