"""Requires: the recipe in the configuration. Gives: events, in chunks."""


rule simulate_jets:
    """One chunk of jets from Pythia 8: trimmed calorimeter cells (SARM section 2.1)."""
    output:
        events=f"{RESULTS}/events/jets/{{label}}/chunk{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/events/jets/{{label}}/chunk{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/events/jets/{{label}}/chunk{{chunk}}.tsv"
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=120,
    params:
        settings=lambda wildcards: DATASETS["jets"].simulation.model_dump(),
        images=lambda wildcards: chunk_images("jets", wildcards.chunk),
        seed=lambda wildcards: job_seed("jets", wildcards.label, wildcards.chunk),
        code=code_digest("simulation.jets.simulation"),
    script:
        "../scripts/simulate_jets.py"


rule simulate_argon:
    """One chunk of particles in liquid argon, from the compact simulator (LArTPC A.3, A.5)."""
    output:
        events=f"{RESULTS}/events/{{dataset}}/{{label}}/chunk{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/events/{{dataset}}/{{label}}/chunk{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/events/{{dataset}}/{{label}}/chunk{{chunk}}.tsv"
    wildcard_constraints:
        dataset="lartpc|lartpc_vertex",
    conda:
        "../../envs/simulation.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=120,
    params:
        settings=lambda wildcards: DATASETS[wildcards.dataset].simulation.model_dump(),
        imaging=lambda wildcards: DATASETS[wildcards.dataset].imaging.model_dump(),
        kind=lambda wildcards: "vertex" if wildcards.dataset == "lartpc_vertex" else "single",
        images=lambda wildcards: chunk_images(wildcards.dataset, wildcards.chunk),
        seed=lambda wildcards: job_seed(wildcards.dataset, wildcards.label, wildcards.chunk),
        code=code_digest("simulation.argon.simulation"),
    script:
        "../scripts/simulate_argon.py"
