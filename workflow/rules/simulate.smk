"""Requires: the configuration. Gives: simulated events, in chunks; public files."""


rule simulate_jets:
    """One chunk of jets from Pythia 8: trimmed calorimeter cells (SARM section 2.1)."""
    output:
        events=paths.events("jets"),
    log:
        paths.log("events/jets/{label}/chunk{chunk}"),
    benchmark:
        paths.benchmark("events/jets/{label}/chunk{chunk}")
    conda:
        plan.resources.conda("simulate_jets")
    threads: plan.resources.threads("simulate_jets")
    resources:
        **plan.resources.of("simulate_jets"),
    params:
        settings=lambda wildcards: plan.datasets["jets"].simulation.model_dump(),
        images=lambda wildcards: plan.events.in_chunk("jets", wildcards.label, wildcards.chunk),
        seed=lambda wildcards: plan.seed("jets", wildcards.label, wildcards.chunk),
        code=plan.code("simulate_jets"),
    script:
        "../scripts/simulate_jets.py"


rule simulate_pileup:
    """The pool of soft collisions that the pile-up is drawn from (SARM section 2.2)."""
    output:
        pool=paths.pileup(),
    log:
        paths.log("events/muons/pileup"),
    benchmark:
        paths.benchmark("events/muons/pileup")
    conda:
        plan.resources.conda("simulate_pileup")
    threads: plan.resources.threads("simulate_pileup")
    resources:
        **plan.resources.of("simulate_pileup"),
    params:
        settings=lambda wildcards: keys(
            plan.datasets["muons"].simulation,
            "energy",
            "muon_eta_max",
            "pileup_events",
            "detector",
            "pythia",
        ),
        seed=plan.seed("muons", "pileup"),
        code=plan.code("simulate_pileup"),
    script:
        "../scripts/simulate_pileup.py"


rule simulate_muons:
    """One chunk of muon images: Pythia 8, pile-up, calorimeter (SARM section 2.2)."""
    input:
        pool=lambda wildcards: plan.events.pileup(),
    output:
        events=paths.events("muons"),
    log:
        paths.log("events/muons/{label}/chunk{chunk}"),
    benchmark:
        paths.benchmark("events/muons/{label}/chunk{chunk}")
    conda:
        plan.resources.conda("simulate_muons")
    threads: plan.resources.threads("simulate_muons")
    resources:
        **plan.resources.of("simulate_muons"),
    params:
        settings=lambda wildcards: plan.datasets["muons"].simulation.model_dump(),
        imaging=lambda wildcards: plan.datasets["muons"].imaging.model_dump(),
        images=lambda wildcards: plan.events.in_chunk("muons", wildcards.label, wildcards.chunk),
        seed=lambda wildcards: plan.seed("muons", wildcards.label, wildcards.chunk),
        code=plan.code("simulate_muons"),
    script:
        "../scripts/simulate_muons.py"


rule simulate_argon:
    """One chunk of particles in liquid argon, from the compact simulator (LArTPC A.3, A.5)."""
    output:
        events=paths.events(),
    log:
        paths.log("events/{dataset}/{label}/chunk{chunk}"),
    benchmark:
        paths.benchmark("events/{dataset}/{label}/chunk{chunk}")
    wildcard_constraints:
        dataset=one_of(LARTPC),
    conda:
        plan.resources.conda("simulate_argon")
    threads: plan.resources.threads("simulate_argon")
    resources:
        **plan.resources.of("simulate_argon"),
    params:
        settings=lambda wildcards: plan.datasets[wildcards.dataset].simulation.model_dump(),
        imaging=lambda wildcards: keys(
            plan.datasets[wildcards.dataset].imaging, "plane", "pixels", "minimum_filled"
        ),
        kind=lambda wildcards: "vertex" if wildcards.dataset == "lartpc_vertex" else "single",
        images=lambda wildcards: plan.events.in_chunk(*wildcards),
        seed=lambda wildcards: plan.seed(*wildcards),
        code=plan.code("simulate_argon"),
    script:
        "../scripts/simulate_argon.py"


rule download_data:
    """A public data file, with resume, mirrors, size and checksum (config/sources.yaml)."""
    output:
        file=download(),
    log:
        f"{download()}.log",
    benchmark:
        f"{download()}.tsv"
    wildcard_constraints:
        source=r"\w+",
        suffix=r"[a-z0-9]+(\.[a-z0-9]+)*",
    conda:
        plan.resources.conda("download_data")
    threads: plan.resources.threads("download_data")
    resources:
        **plan.resources.of("download_data"),
    params:
        source=lambda wildcards: plan.events.source(wildcards.source).model_dump(),
        code=plan.code("download_data"),
    script:
        "../scripts/download_data.py"
