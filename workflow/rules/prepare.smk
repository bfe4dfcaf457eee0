"""Requires: events, a public file or the user's own. Gives: images in three disjoint splits."""


rule prepare_jets:
    """Image the jets of a label and split them, disjoint by event."""
    input:
        raw=lambda wildcards: plan.events.raw(wildcards.dataset, wildcards.label),
    output:
        train=paths.images("train"),
        validation=paths.images("validation"),
        test=paths.images("test"),
    log:
        paths.log("data/{dataset}/{label}/prepare"),
    benchmark:
        paths.benchmark("data/{dataset}/{label}/prepare")
    wildcard_constraints:
        dataset="jets",
    conda:
        plan.resources.conda("prepare_jets")
    threads: plan.resources.threads("prepare_jets")
    resources:
        **plan.resources.of("prepare_jets"),
    params:
        source=lambda wildcards: plan.datasets[wildcards.dataset].source,
        downloads=lambda wildcards: plan.events.download_entries(wildcards.dataset),
        beside=lambda wildcards: plan.events.beside(wildcards.dataset, wildcards.label),
        imaging=lambda wildcards: plan.datasets[wildcards.dataset].imaging.model_dump(),
        columns=lambda wildcards: plan.datasets[wildcards.dataset].columns,
        sizes=lambda wildcards: plan.datasets[wildcards.dataset].images.model_dump(),
        seed=lambda wildcards: plan.seed("prepare", wildcards.dataset, wildcards.label),
        code=plan.code("prepare_jets"),
    script:
        "../scripts/prepare_jets.py"


rule prepare_muons:
    """Match the signal's muon pT to the background's, and split the images by event."""
    input:
        raw=lambda wildcards: plan.events.raw("muons", wildcards.label),
        reference=lambda wildcards: plan.events.muon_reference(wildcards.label),
    output:
        train=paths.images("train", "muons"),
        validation=paths.images("validation", "muons"),
        test=paths.images("test", "muons"),
    log:
        paths.log("data/muons/{label}/prepare"),
    benchmark:
        paths.benchmark("data/muons/{label}/prepare")
    conda:
        plan.resources.conda("prepare_muons")
    threads: plan.resources.threads("prepare_muons")
    resources:
        **plan.resources.of("prepare_muons"),
    params:
        beside=lambda wildcards: plan.events.beside("muons", wildcards.label),
        source=lambda wildcards: plan.datasets["muons"].source,
        match_pt=lambda wildcards: plan.datasets["muons"].match_pt,
        imaging=lambda wildcards: keys(plan.datasets["muons"].imaging, "pixel_size"),
        columns=lambda wildcards: plan.datasets["muons"].columns,
        sizes=lambda wildcards: plan.datasets["muons"].images.model_dump(),
        seed=lambda wildcards: plan.seed("prepare", "muons", wildcards.label),
        code=plan.code("prepare_muons"),
    script:
        "../scripts/prepare_muons.py"


rule prepare_lartpc:
    """Crop and scale liquid-argon images and split them, disjoint by event."""
    input:
        raw=lambda wildcards: plan.events.raw(wildcards.dataset, wildcards.label),
    output:
        train=paths.images("train"),
        validation=paths.images("validation"),
        test=paths.images("test"),
    log:
        paths.log("data/{dataset}/{label}/prepare"),
    benchmark:
        paths.benchmark("data/{dataset}/{label}/prepare")
    wildcard_constraints:
        dataset=one_of(LARTPC),
    conda:
        plan.resources.conda("prepare_lartpc")
    threads: plan.resources.threads("prepare_lartpc")
    resources:
        **plan.resources.of("prepare_lartpc"),
    params:
        source=lambda wildcards: plan.datasets[wildcards.dataset].source,
        downloads=lambda wildcards: plan.events.download_entries(wildcards.dataset),
        imaging=lambda wildcards: plan.datasets[wildcards.dataset].imaging.model_dump(),
        pixel_size=lambda wildcards: plan.datasets[wildcards.dataset].simulation.pixel_size,
        columns=lambda wildcards: plan.datasets[wildcards.dataset].columns,
        sizes=lambda wildcards: plan.datasets[wildcards.dataset].images.model_dump(),
        seed=lambda wildcards: plan.seed("prepare", wildcards.dataset, wildcards.label),
        code=plan.code("prepare_lartpc"),
    script:
        "../scripts/prepare_lartpc.py"


rule prepare_custom:
    """The images of one label as a custom data set's file makes them, split by event."""
    input:
        raw=lambda wildcards: plan.events.raw(wildcards.dataset, wildcards.label),
    output:
        train=paths.images("train"),
        validation=paths.images("validation"),
        test=paths.images("test"),
    log:
        paths.log("data/{dataset}/{label}/prepare"),
    benchmark:
        paths.benchmark("data/{dataset}/{label}/prepare")
    wildcard_constraints:
        dataset=one_of(plan.comparisons.custom),
    conda:
        plan.resources.conda("prepare_custom")
    threads: plan.resources.threads("prepare_custom")
    resources:
        **plan.resources.of("prepare_custom"),
    params:
        settings=lambda wildcards: plan.datasets[wildcards.dataset].model_dump(
            exclude={"models", "samples", "symmetries"}
        ),
        seed=lambda wildcards: plan.seed("prepare", wildcards.dataset, wildcards.label),
        code=plan.code("prepare_custom"),
    script:
        "../scripts/prepare_custom.py"


rule join_labels:
    """The images of all labels in one file, for models that are trained on them together."""
    input:
        lambda wildcards: [
            paths.images(wildcards.split, wildcards.dataset, label)
            for label in plan.datasets[wildcards.dataset].labels
        ],
    output:
        images=paths.images(label=JOINT),
    log:
        paths.log(f"data/{{dataset}}/{JOINT}/{{split}}"),
    benchmark:
        paths.benchmark(f"data/{{dataset}}/{JOINT}/{{split}}")
    wildcard_constraints:
        split="train|validation",
    conda:
        plan.resources.conda("join_labels")
    threads: plan.resources.threads("join_labels")
    resources:
        **plan.resources.of("join_labels"),
    params:
        labels=lambda wildcards: plan.datasets[wildcards.dataset].labels,
        code=plan.code("join_labels"),
    script:
        "../scripts/join_labels.py"
