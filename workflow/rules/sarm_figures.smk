"""Requires: images, samples, observables. Gives: the figures of the SARM paper, jets and muons."""


rule draw_mean_images:
    """Mean images, generated beside simulated (SARM figures 7, 12, 19)."""
    input:
        files=shown_files(MEAN_IMAGES),
    output:
        **drawn("{stem}", "sarm_mean_images", "SARM: images"),
    log:
        f"{RESULTS}/logs/figures/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{stem}}.tsv"
    wildcard_constraints:
        stem=one_of(MEAN_IMAGES),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        figure="mean_images",
        samples=shown_samples(MEAN_IMAGES),
        dataset=entry(MEAN_IMAGES, 0),
        evaluation=run.evaluation.model_dump(),
        code=code_digest("figures.sarm.mean_images"),
    script:
        "../scripts/draw_samples.py"


use rule draw_mean_images as draw_mean_differences with:
    input:
        files=shown_files(MEAN_DIFFERENCES),
    output:
        **drawn("{stem}", "sarm_mean_differences", "SARM: images"),
    wildcard_constraints:
        stem=one_of(MEAN_DIFFERENCES),
    params:
        figure="mean_differences",
        samples=shown_samples(MEAN_DIFFERENCES),
        dataset=entry(MEAN_DIFFERENCES, 0),
        evaluation=run.evaluation.model_dump(),
        code=code_digest("figures.sarm.mean_images"),


use rule draw_mean_images as draw_examples with:
    input:
        files=shown_files(EXAMPLES),
    output:
        **drawn("{stem}", "sarm_examples", "SARM: images"),
    wildcard_constraints:
        stem=one_of(EXAMPLES),
    params:
        figure="example_images",
        samples=shown_samples(EXAMPLES),
        dataset=entry(EXAMPLES, 0),
        evaluation=run.evaluation.model_dump(),
        code=code_digest("figures.sarm.examples"),


use rule draw_mean_images as draw_more_examples with:
    input:
        files=shown_files(MORE_EXAMPLES),
    output:
        **drawn("{stem}", "sarm_more_examples", "SARM: images"),
    wildcard_constraints:
        stem=one_of(MORE_EXAMPLES),
    params:
        figure="more_example_images",
        samples=shown_samples(MORE_EXAMPLES),
        dataset=entry(MORE_EXAMPLES, 0),
        evaluation=run.evaluation.model_dump(),
        code=code_digest("figures.sarm.examples"),


use rule draw_mean_images as draw_pixel_values with:
    input:
        files=shown_files(PIXEL_VALUES),
    output:
        **drawn("{stem}", "sarm_pixel_values", "SARM: distributions"),
    wildcard_constraints:
        stem=one_of(PIXEL_VALUES),
    params:
        figure="pixel_value_distributions",
        samples=shown_samples(PIXEL_VALUES),
        dataset=entry(PIXEL_VALUES, 0),
        evaluation=run.evaluation.model_dump(),
        code=code_digest("figures.sarm.pixel_values"),


rule draw_observables:
    """Mass and pT, generated and simulated, with ratios (SARM figures 8, 13, 20)."""
    input:
        observables=lambda wildcards: measured(OBSERVABLES[wildcards.stem][0], "observables"),
    output:
        **drawn("{stem}", "sarm_observables", "SARM: distributions"),
    log:
        f"{RESULTS}/logs/figures/{{stem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{stem}}.tsv"
    wildcard_constraints:
        stem=one_of(OBSERVABLES),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        labels=lambda wildcards: DATASETS[OBSERVABLES[wildcards.stem][0]].labels,
        dataset=entry(OBSERVABLES, 0),
        models=entry(OBSERVABLES, 1),
        bins=run.evaluation.bins,
        code=code_digest("figures.sarm.observables"),
    script:
        "../scripts/draw_observables.py"


rule draw_typical_images:
    """One typical image of each data set (SARM figure 1)."""
    input:
        files=[test_files(name)[data.labels[0]] for name, data in SARM_DATA.items()],
    output:
        **drawn("sarm/fig01_typical_images", "fig01_typical_images", "SARM: data"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig01_typical_images.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig01_typical_images.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        titles=[f"{name}, {data.labels[0]}" for name, data in SARM_DATA.items()],
        code=code_digest("figures.sarm.examples"),
    script:
        "../scripts/draw_typical_images.py"


rule draw_toy:
    """The two-dimensional toy: trained, sampled and drawn (SARM appendix 8.1, figure 15)."""
    output:
        **drawn("sarm/fig15_toy_2d", "fig15_toy_2d", "SARM: toy"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig15_toy_2d.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig15_toy_2d.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        toy=run.toy.model_dump(),
        seed=job_seed("toy"),
        code=code_digest("studies.toy", "figures.sarm.toy"),
    script:
        "../scripts/draw_toy.py"


if "jets" in DATASETS:

    rule draw_pixel_values_by_region:
        """Pixel values in the centre and the periphery, and the generation path (SARM figure 5)."""
        input:
            **test_files("jets"),
        output:
            **drawn(
                "sarm/fig05_pixel_values_by_region", "fig05_pixel_values_by_region", "SARM: data"
            ),
        log:
            f"{RESULTS}/logs/figures/sarm/fig05_pixel_values_by_region.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/sarm/fig05_pixel_values_by_region.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=30,
        params:
            labels=DATASETS["jets"].labels,
            centre=run.evaluation.centre,
            bins=run.evaluation.pixel_bins,
            code=code_digest("figures.sarm.pixel_values", "models.sarm.orders"),
        script:
            "../scripts/draw_pixel_values_by_region.py"
