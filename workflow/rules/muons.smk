"""Requires: the recipe in the configuration. Gives: muon images in three disjoint splits."""


rule simulate_pileup:
    """The pool of soft collisions that the pile-up is drawn from (SARM section 2.2)."""
    output:
        pool=f"{RESULTS}/events/muons/pileup.h5",
    log:
        f"{RESULTS}/logs/events/muons/pileup.log",
    benchmark:
        f"{RESULTS}/benchmarks/events/muons/pileup.tsv"
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        settings=lambda wildcards: DATASETS["muons"].simulation.model_dump(),
        seed=job_seed("muons", "pileup"),
        code=code_digest("simulation.muons.pileup"),
    script:
        "../scripts/simulate_pileup.py"


rule simulate_muons:
    """One chunk of muon images: Pythia 8, pile-up, calorimeter (SARM section 2.2)."""
    input:
        unpack(muon_pool),
    output:
        events=f"{RESULTS}/events/muons/{{label}}/chunk{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/events/muons/{{label}}/chunk{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/events/muons/{{label}}/chunk{{chunk}}.tsv"
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=240,
    params:
        settings=lambda wildcards: DATASETS["muons"].simulation.model_dump(),
        imaging=lambda wildcards: DATASETS["muons"].imaging.model_dump(),
        images=muon_chunk_images,
        seed=lambda wildcards: job_seed("muons", wildcards.label, wildcards.chunk),
        code=code_digest("simulation.muons.simulation"),
    script:
        "../scripts/simulate_muons.py"


rule prepare_muons:
    """Match the signal's muon pT to the background's, and split the images by event."""
    input:
        unpack(muon_inputs),
    output:
        train=f"{RESULTS}/data/muons/{{label}}/train.h5",
        validation=f"{RESULTS}/data/muons/{{label}}/validation.h5",
        test=f"{RESULTS}/data/muons/{{label}}/test.h5",
    log:
        f"{RESULTS}/logs/data/muons/{{label}}/prepare.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/muons/{{label}}/prepare.tsv"
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        beside=lambda wildcards: files_beside("muons", wildcards.label),
        source=lambda wildcards: DATASETS["muons"].source,
        match_pt=lambda wildcards: DATASETS["muons"].match_pt,
        imaging=lambda wildcards: DATASETS["muons"].imaging.model_dump(),
        sizes=lambda wildcards: DATASETS["muons"].images.model_dump(),
        seed=lambda wildcards: job_seed("prepare", "muons", wildcards.label),
        code=code_digest("datasets.muons"),
    script:
        "../scripts/prepare_muons.py"
