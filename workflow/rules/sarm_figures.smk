"""Requires: jet images, samples, observables. Gives: the figures of the SARM paper."""


rule draw_jet_samples:
    """Generated jets beside simulated ones (SARM figures 6, 7, 16, 17, 23)."""
    input:
        files=[path for files in compared_files("jets").values() for path in flat(files)],
    output:
        **drawn("sarm/fig07_jet_mean_images", "fig07_jet_mean_images"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig07_jet_mean_images.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig07_jet_mean_images.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **comparison("jets", "mean_images", "figures.mean_images"),
    script:
        "../scripts/draw_samples.py"


use rule draw_jet_samples as draw_jet_examples with:
    output:
        **drawn("sarm/fig06_jet_examples", "fig06_jet_examples"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig06_jet_examples.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig06_jet_examples.tsv"
    params:
        **comparison("jets", "example_images", "figures.examples"),


use rule draw_jet_samples as draw_more_jet_examples with:
    output:
        **drawn("sarm/fig23_more_jet_examples", "fig23_more_jet_examples"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig23_more_jet_examples.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig23_more_jet_examples.tsv"
    params:
        **comparison("jets", "more_example_images", "figures.examples"),


use rule draw_jet_samples as draw_jet_mean_differences with:
    output:
        **drawn("sarm/fig16_jet_mean_difference", "fig16_jet_mean_difference"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig16_jet_mean_difference.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig16_jet_mean_difference.tsv"
    params:
        **comparison("jets", "mean_differences", "figures.mean_images"),


use rule draw_jet_samples as draw_jet_pixel_values with:
    output:
        **drawn("sarm/fig17_jet_pixel_values", "fig17_jet_pixel_values"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig17_jet_pixel_values.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig17_jet_pixel_values.tsv"
    params:
        **comparison("jets", "pixel_value_distributions", "figures.pixel_values"),


rule draw_jet_observables:
    """Mass and pT of generated and simulated jets, with ratios (SARM figure 8)."""
    input:
        observables=[
            f"{RESULTS}/metrics/jets_{label}_observables.parquet"
            for label in DATASETS["jets"].labels
        ],
    output:
        **drawn("sarm/fig08_jet_observables", "fig08_jet_observables"),
    log:
        f"{RESULTS}/logs/figures/sarm/fig08_jet_observables.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/sarm/fig08_jet_observables.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        labels=DATASETS["jets"].labels,
        dataset="jets",
        bins=run.evaluation.bins,
        code=code_digest("figures.observables"),
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
        code=code_digest("figures.examples"),
    script:
        "../scripts/draw_typical_images.py"


rule draw_pixel_values_by_region:
    """Pixel values in the centre and the periphery, and the generation path (SARM figure 5)."""
    input:
        **test_files("jets"),
    output:
        **drawn("sarm/fig05_pixel_values_by_region", "fig05_pixel_values_by_region", "SARM: data"),
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
        code=code_digest("figures.pixel_values", "nn.orders"),
    script:
        "../scripts/draw_pixel_values_by_region.py"


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
        code=code_digest("toy", "figures.toy"),
    script:
        "../scripts/draw_toy.py"
