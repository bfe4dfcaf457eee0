"""Requires: images, samples, measures. Gives: the figures of the SARM paper, jets and muons."""


rule draw_typical_images:
    """One typical image of each data set (SARM figure 1)."""
    input:
        files=[list(plan.samples.test(name).values())[0] for name in plan.comparisons.sarm],
    output:
        **drawn("sarm/fig01_typical_images", "draw_typical_images", "SARM: data"),
    log:
        paths.log("figures/sarm/fig01_typical_images"),
    benchmark:
        paths.benchmark("figures/sarm/fig01_typical_images")
    conda:
        plan.resources.conda("draw_typical_images")
    threads: plan.resources.threads("draw_typical_images")
    resources:
        **plan.resources.of("draw_typical_images"),
    params:
        titles=[f"{name}, {plan.datasets[name].labels[0]}" for name in plan.comparisons.sarm],
        code=plan.code("draw_typical_images"),
    script:
        "../scripts/draw_typical_images.py"


rule draw_pixel_values_by_region:
    """Pixel values in the centre and the periphery, and the generation path (SARM figure 5)."""
    input:
        unpack(lambda wildcards: plan.samples.test("jets")),
    output:
        **drawn("sarm/fig05_pixel_values_by_region", "draw_pixel_values_by_region", "SARM: data"),
    log:
        paths.log("figures/sarm/fig05_pixel_values_by_region"),
    benchmark:
        paths.benchmark("figures/sarm/fig05_pixel_values_by_region")
    conda:
        plan.resources.conda("draw_pixel_values_by_region")
    threads: plan.resources.threads("draw_pixel_values_by_region")
    resources:
        **plan.resources.of("draw_pixel_values_by_region"),
    params:
        labels=lambda wildcards: plan.datasets["jets"].labels,
        settings=keys(run.evaluation, "centre", "pixel_bins"),
        code=plan.code("draw_pixel_values_by_region"),
    script:
        "../scripts/draw_pixel_values_by_region.py"


rule draw_examples:
    """Images of every model beside Monte Carlo (SARM figures 6, 11, 18)."""
    input:
        files=lambda wildcards: plan.shown_files(wildcards.stem),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_examples", "SARM: images"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_examples")),
    conda:
        plan.resources.conda("draw_examples")
    threads: plan.resources.threads("draw_examples")
    resources:
        **plan.resources.of("draw_examples"),
    params:
        samples=lambda wildcards: plan.shown(wildcards.stem),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        code=plan.code("draw_examples"),
    script:
        "../scripts/draw_examples.py"


rule draw_mean_images:
    """Mean images, generated beside simulated (SARM figures 7, 12, 19)."""
    input:
        files=lambda wildcards: plan.shown_files(wildcards.stem),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_mean_images", "SARM: images"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_mean_images")),
    conda:
        plan.resources.conda("draw_mean_images")
    threads: plan.resources.threads("draw_mean_images")
    resources:
        **plan.resources.of("draw_mean_images"),
    params:
        samples=lambda wildcards: plan.shown(wildcards.stem),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        code=plan.code("draw_mean_images"),
    script:
        "../scripts/draw_mean_images.py"


rule draw_observables:
    """Mass and pT, generated and simulated, with ratios (SARM figures 8, 13, 20)."""
    input:
        observables=lambda wildcards: plan.comparisons.rows_by_label(
            "observables", plan.page(wildcards.stem).dataset
        ),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_observables", "SARM: distributions"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_observables")),
    conda:
        plan.resources.conda("draw_observables")
    threads: plan.resources.threads("draw_observables")
    resources:
        **plan.resources.of("draw_observables"),
    params:
        labels=lambda wildcards: plan.datasets[plan.page(wildcards.stem).dataset].labels,
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        models=lambda wildcards: plan.page(wildcards.stem).models,
        bins=run.evaluation.bins,
        code=plan.code("draw_observables"),
    script:
        "../scripts/draw_observables.py"


rule draw_roc:
    """ROC curves of classifiers trained on each source of images (SARM figures 9, 14)."""
    input:
        rows=lambda wildcards: paths.metrics(f"{plan.page(wildcards.stem).dataset}_classifier_auc"),
        curves=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_classifier_roc"
        ),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_roc", "SARM: classifiers"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_roc")),
    conda:
        plan.resources.conda("draw_roc")
    threads: plan.resources.threads("draw_roc")
    resources:
        **plan.resources.of("draw_roc"),
    params:
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        code=plan.code("draw_roc"),
    script:
        "../scripts/draw_roc.py"


rule draw_generation_order:
    """W1 of pT and mass by the order in which pixels are generated (SARM figure 10)."""
    input:
        rows=lambda wildcards: plan.comparisons.rows_by_label("orders", "jets"),
        convergence=paths.metrics("jets_order_convergence"),
    output:
        **drawn("sarm/fig10_generation_order", "draw_generation_order", "SARM: jets"),
    log:
        paths.log("figures/sarm/fig10_generation_order"),
    benchmark:
        paths.benchmark("figures/sarm/fig10_generation_order")
    conda:
        plan.resources.conda("draw_generation_order")
    threads: plan.resources.threads("draw_generation_order")
    resources:
        **plan.resources.of("draw_generation_order"),
    params:
        orders=lambda wildcards: plan.datasets["jets"].orders,
        code=plan.code("draw_generation_order"),
    script:
        "../scripts/draw_generation_order.py"


rule draw_toy:
    """The two-dimensional toy: trained, sampled and drawn (SARM appendix 8.1, figure 15)."""
    output:
        **drawn("sarm/fig15_toy_2d", "draw_toy", "SARM: toy"),
    log:
        paths.log("figures/sarm/fig15_toy_2d"),
    benchmark:
        paths.benchmark("figures/sarm/fig15_toy_2d")
    conda:
        plan.resources.conda("draw_toy")
    threads: plan.resources.threads("draw_toy")
    resources:
        **plan.resources.of("draw_toy"),
    params:
        toy=lambda wildcards: run.toy.model_dump(),
        seed=plan.seed("toy"),
        code=plan.code("draw_toy"),
    script:
        "../scripts/draw_toy.py"


rule draw_mean_differences:
    """Differences of the mean images (SARM figures 16, 21)."""
    input:
        files=lambda wildcards: plan.shown_files(wildcards.stem),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_mean_differences", "SARM: images"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_mean_differences")),
    conda:
        plan.resources.conda("draw_mean_differences")
    threads: plan.resources.threads("draw_mean_differences")
    resources:
        **plan.resources.of("draw_mean_differences"),
    params:
        samples=lambda wildcards: plan.shown(wildcards.stem),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        code=plan.code("draw_mean_differences"),
    script:
        "../scripts/draw_mean_differences.py"


rule draw_pixel_values:
    """Distributions of the pixel values (SARM figures 17, 22)."""
    input:
        files=lambda wildcards: plan.shown_files(wildcards.stem),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_pixel_values", "SARM: distributions"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_pixel_values")),
    conda:
        plan.resources.conda("draw_pixel_values")
    threads: plan.resources.threads("draw_pixel_values")
    resources:
        **plan.resources.of("draw_pixel_values"),
    params:
        samples=lambda wildcards: plan.shown(wildcards.stem),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        bins=run.evaluation.pixel_bins,
        code=plan.code("draw_pixel_values"),
    script:
        "../scripts/draw_pixel_values.py"


rule draw_more_examples:
    """More images of every model (SARM figures 23, 24)."""
    input:
        files=lambda wildcards: plan.shown_files(wildcards.stem),
        convergence=lambda wildcards: paths.metrics(
            f"{plan.page(wildcards.stem).dataset}_convergence"
        ),
    output:
        **drawn("{stem}", "draw_more_examples", "SARM: images"),
    log:
        paths.log("figures/{stem}"),
    benchmark:
        paths.benchmark("figures/{stem}")
    wildcard_constraints:
        stem=one_of(plan.pages("draw_more_examples")),
    conda:
        plan.resources.conda("draw_more_examples")
    threads: plan.resources.threads("draw_more_examples")
    resources:
        **plan.resources.of("draw_more_examples"),
    params:
        samples=lambda wildcards: plan.shown(wildcards.stem),
        dataset=lambda wildcards: plan.page(wildcards.stem).dataset,
        examples=run.evaluation.examples,
        code=plan.code("draw_more_examples"),
    script:
        "../scripts/draw_more_examples.py"


rule draw_widths:
    """Images per second, memory and parameters against the width."""
    input:
        rows=rules.measure_widths.output.rows,
    output:
        **drawn("sarm/upsampling_width", "draw_widths", "SARM: models"),
    log:
        paths.log("figures/sarm/upsampling_width"),
    benchmark:
        paths.benchmark("figures/sarm/upsampling_width")
    conda:
        plan.resources.conda("draw_widths")
    threads: plan.resources.threads("draw_widths")
    resources:
        **plan.resources.of("draw_widths"),
    params:
        code=plan.code("draw_widths"),
    script:
        "../scripts/draw_widths.py"
