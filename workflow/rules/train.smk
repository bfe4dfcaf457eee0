"""Requires: images. Gives: trained models, and the code maps of autoencoders.

SSNet is trained in label.smk, classifiers in compare.smk.

Checkpoints are params, not outputs: Snakemake deletes the outputs of a failed job, and training
goes on from its checkpoint when it is started again.
"""


rule train_model:
    """Train one model on the images of one label, or of all, or on its autoencoder's codes."""
    input:
        # train, validation; of a prior its autoencoder, too
        unpack(lambda wildcards: plan.trainings.inputs(*wildcards[:3])),
    output:
        **trained_files(paths.model()),
    log:
        paths.log("models/{dataset}/{label}/{model}/seed{seed}"),
    benchmark:
        paths.benchmark("models/{dataset}/{label}/{model}/seed{seed}")
    wildcard_constraints:
        label=one_of([*plan.labels, JOINT]),
    conda:
        plan.resources.conda("train_model")
    threads: plan.resources.threads("train_model")
    resources:
        **plan.resources.of("train_model"),
    params:
        settings=lambda wildcards: plan.trainings.settings(*wildcards[:3]),
        training=lambda wildcards: plan.trainings.entry(*wildcards[:3]).training.model_dump(),
        symmetries=lambda wildcards: plan.trainings.symmetries(*wildcards[:3]),
        monitor=lambda wildcards: plan.trainings.monitor(*wildcards[:3]),
        seed=lambda wildcards: plan.seed("train", *wildcards),
        checkpoints=paths.checkpoints("{dataset}/{label}/{model}/seed{seed}"),
        code=plan.code("train_model"),
    script:
        "../scripts/train_model.py"


rule encode_codes:
    """The code maps of an autoencoder for every image (LArTPC section 2)."""
    input:
        unpack(lambda wildcards: model_files(plan.trainings.autoencoder_folder(*wildcards[:3]))),
        train=paths.images("train"),
        validation=paths.images("validation"),
        test=paths.images("test"),
    output:
        train=paths.codes("train"),
        validation=paths.codes("validation"),
        test=paths.codes("test"),
    log:
        paths.log("codes/{dataset}/{label}/{model}"),
    benchmark:
        paths.benchmark("codes/{dataset}/{label}/{model}")
    conda:
        plan.resources.conda("encode_codes")
    threads: plan.resources.threads("encode_codes")
    resources:
        **plan.resources.of("encode_codes"),
    params:
        code=plan.code("encode_codes"),
    script:
        "../scripts/encode_codes.py"
