"""Requires: images, labels, codes, measures. Gives: the figures of the LArTPC paper, and more."""


rule draw_generated_and_training:
    """Generated beside training images (LArTPC figure 1)."""
    input:
        generated=lambda wildcards: plan.lartpc.samples(MAIN),
        training=paths.images("train", "lartpc", "all"),
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/fig01_generated_and_training", "draw_generated_and_training", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig01_generated_and_training"),
    benchmark:
        paths.benchmark("figures/lartpc/fig01_generated_and_training")
    conda:
        plan.resources.conda("draw_generated_and_training")
    threads: plan.resources.threads("draw_generated_and_training")
    resources:
        **plan.resources.of("draw_generated_and_training"),
    params:
        model=MAIN,
        source=lambda wildcards: plan.lartpc.source,
        threshold=run.evaluation.lartpc.threshold,
        code=plan.code("draw_generated_and_training"),
    script:
        "../scripts/draw_generated_and_training.py"


rule draw_ssnet_pixel_counts:
    """Labelled pixels per image, generated and test (LArTPC figure 2)."""
    input:
        generated=plan.lartpc.sample_labels(MAIN),
        test=plan.lartpc.labels("test"),
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/fig02_ssnet_pixel_counts", "draw_ssnet_pixel_counts", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig02_ssnet_pixel_counts"),
    benchmark:
        paths.benchmark("figures/lartpc/fig02_ssnet_pixel_counts")
    conda:
        plan.resources.conda("draw_ssnet_pixel_counts")
    threads: plan.resources.threads("draw_ssnet_pixel_counts")
    resources:
        **plan.resources.of("draw_ssnet_pixel_counts"),
    params:
        model=MAIN,
        source=lambda wildcards: plan.lartpc.source,
        threshold=run.evaluation.lartpc.threshold,
        settings=keys(run.evaluation.lartpc, *HISTOGRAMS),
        code=plan.code("draw_ssnet_pixel_counts"),
    script:
        "../scripts/draw_ssnet_pixel_counts.py"


rule draw_code_map:
    """Test images, their code maps, and both decoded (LArTPC figure 3)."""
    input:
        test=paths.images("test", "lartpc", "all"),
        codes=lambda wildcards: paths.codes("test", "lartpc", "all", plan.lartpc.autoencoder),
        reconstructions=lambda wildcards: plan.lartpc.reconstructed(plan.lartpc.autoencoder),
        generated=lambda wildcards: plan.lartpc.samples(MAIN),
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/fig03_code_map", "draw_code_map", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig03_code_map"),
    benchmark:
        paths.benchmark("figures/lartpc/fig03_code_map")
    conda:
        plan.resources.conda("draw_code_map")
    threads: plan.resources.threads("draw_code_map")
    resources:
        **plan.resources.of("draw_code_map"),
    params:
        model=MAIN,
        autoencoder=lambda wildcards: plan.lartpc.autoencoder,
        source=lambda wildcards: plan.lartpc.source,
        threshold=run.evaluation.lartpc.threshold,
        code=plan.code("draw_code_map"),
    script:
        "../scripts/draw_code_map.py"


rule draw_ssnet_by_epoch:
    """SSNet's output by epoch of the PixelCNN (LArTPC figure 5)."""
    input:
        snapshots=lambda wildcards: flat(plan.lartpc.snapshot_labels(MAIN)),
        test=plan.lartpc.labels("test"),
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/fig05_ssnet_by_epoch", "draw_ssnet_by_epoch", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig05_ssnet_by_epoch"),
    benchmark:
        paths.benchmark("figures/lartpc/fig05_ssnet_by_epoch")
    conda:
        plan.resources.conda("draw_ssnet_by_epoch")
    threads: plan.resources.threads("draw_ssnet_by_epoch")
    resources:
        **plan.resources.of("draw_ssnet_by_epoch"),
    params:
        model=MAIN,
        snapshots=lambda wildcards: plan.lartpc.snapshot_labels(MAIN),
        settings=keys(run.evaluation.lartpc, *HISTOGRAMS),
        code=plan.code("draw_ssnet_by_epoch"),
    script:
        "../scripts/draw_ssnet_by_epoch.py"


rule draw_mixed_examples:
    """Images of a sparse transformer and of the simulation, mixed, without labels."""
    input:
        generated=lambda wildcards: plan.lartpc.samples(plan.lartpc.sparse_transformers[0]),
        test=paths.images("test", "lartpc", "all"),
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/mixed_examples", "draw_mixed_examples", "LArTPC"),
    log:
        paths.log("figures/lartpc/mixed_examples"),
    benchmark:
        paths.benchmark("figures/lartpc/mixed_examples")
    conda:
        plan.resources.conda("draw_mixed_examples")
    threads: plan.resources.threads("draw_mixed_examples")
    resources:
        **plan.resources.of("draw_mixed_examples"),
    params:
        model=lambda wildcards: plan.lartpc.sparse_transformers[0],
        threshold=run.evaluation.lartpc.threshold,
        seed=plan.seed("mixed examples"),
        code=plan.code("draw_mixed_examples"),
    script:
        "../scripts/draw_mixed_examples.py"


rule draw_labeled_generated:
    """Generated images and SSNet's labels (LArTPC figure 6)."""
    input:
        labels=plan.lartpc.sample_labels(MAIN)[0],
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/fig06_labeled_generated", "draw_labeled_generated", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig06_labeled_generated"),
    benchmark:
        paths.benchmark("figures/lartpc/fig06_labeled_generated")
    conda:
        plan.resources.conda("draw_labeled_generated")
    threads: plan.resources.threads("draw_labeled_generated")
    resources:
        **plan.resources.of("draw_labeled_generated"),
    params:
        model=MAIN,
        settings=keys(run.evaluation.lartpc, "examples", "threshold"),
        code=plan.code("draw_labeled_generated"),
    script:
        "../scripts/draw_labeled_generated.py"


rule draw_labeled_test:
    """Test images and SSNet's labels (LArTPC figure 7)."""
    input:
        labels=plan.lartpc.labels("test"),
    output:
        **drawn("lartpc/fig07_labeled_test", "draw_labeled_test", "LArTPC"),
    log:
        paths.log("figures/lartpc/fig07_labeled_test"),
    benchmark:
        paths.benchmark("figures/lartpc/fig07_labeled_test")
    conda:
        plan.resources.conda("draw_labeled_test")
    threads: plan.resources.threads("draw_labeled_test")
    resources:
        **plan.resources.of("draw_labeled_test"),
    params:
        source=lambda wildcards: plan.lartpc.source,
        settings=keys(run.evaluation.lartpc, "examples", "threshold"),
        code=plan.code("draw_labeled_test"),
    script:
        "../scripts/draw_labeled_test.py"


rule draw_lartpc_observables:
    """Track length, shower charge and pixels of every model, with ratios."""
    input:
        observables=rules.measure_lartpc.output.observables,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/observables", "draw_lartpc_observables", "LArTPC"),
    log:
        paths.log("figures/lartpc/observables"),
    benchmark:
        paths.benchmark("figures/lartpc/observables")
    conda:
        plan.resources.conda("draw_lartpc_observables")
    threads: plan.resources.threads("draw_lartpc_observables")
    resources:
        **plan.resources.of("draw_lartpc_observables"),
    params:
        models=lambda wildcards: plan.lartpc.with_reconstructed,
        bins=run.evaluation.lartpc.bins,
        code=plan.code("draw_lartpc_observables"),
    script:
        "../scripts/draw_lartpc_observables.py"


rule draw_observables_by_species:
    """The same of each species, of the models that are told the species."""
    input:
        observables=rules.measure_lartpc.output.observables,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/observables_by_species", "draw_observables_by_species", "LArTPC"),
    log:
        paths.log("figures/lartpc/observables_by_species"),
    benchmark:
        paths.benchmark("figures/lartpc/observables_by_species")
    conda:
        plan.resources.conda("draw_observables_by_species")
    threads: plan.resources.threads("draw_observables_by_species")
    resources:
        **plan.resources.of("draw_observables_by_species"),
    params:
        models=lambda wildcards: plan.lartpc.conditioned,
        bins=run.evaluation.lartpc.bins,
        code=plan.code("draw_observables_by_species"),
    script:
        "../scripts/draw_observables_by_species.py"


rule draw_lartpc_shapes:
    """Distributions of what needs no segmentation network, with ratios."""
    input:
        observables=rules.measure_lartpc_shapes.output.observables,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/shape_observables", "draw_lartpc_shapes", "LArTPC"),
    log:
        paths.log("figures/lartpc/shape_observables"),
    benchmark:
        paths.benchmark("figures/lartpc/shape_observables")
    conda:
        plan.resources.conda("draw_lartpc_shapes")
    threads: plan.resources.threads("draw_lartpc_shapes")
    resources:
        **plan.resources.of("draw_lartpc_shapes"),
    params:
        models=lambda wildcards: plan.lartpc.models,
        bins=run.evaluation.lartpc.bins,
        code=plan.code("draw_lartpc_shapes"),
    script:
        "../scripts/draw_lartpc_shapes.py"


rule draw_shapes_by_species:
    """The same of each species, of the models that are told the species."""
    input:
        observables=rules.measure_lartpc_shapes.output.observables,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/shape_observables_by_species", "draw_shapes_by_species", "LArTPC"),
    log:
        paths.log("figures/lartpc/shape_observables_by_species"),
    benchmark:
        paths.benchmark("figures/lartpc/shape_observables_by_species")
    conda:
        plan.resources.conda("draw_shapes_by_species")
    threads: plan.resources.threads("draw_shapes_by_species")
    resources:
        **plan.resources.of("draw_shapes_by_species"),
    params:
        models=lambda wildcards: [name for name, *_ in plan.lartpc.generated()],
        bins=run.evaluation.lartpc.bins,
        code=plan.code("draw_shapes_by_species"),
    script:
        "../scripts/draw_shapes_by_species.py"


rule draw_momentum_response:
    """Length, charge and pixels against momentum, generated beside simulated, per species."""
    input:
        bins=rules.measure_momentum_response.output.bins,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/momentum_response", "draw_momentum_response", "LArTPC"),
    log:
        paths.log("figures/lartpc/momentum_response"),
    benchmark:
        paths.benchmark("figures/lartpc/momentum_response")
    conda:
        plan.resources.conda("draw_momentum_response")
    threads: plan.resources.threads("draw_momentum_response")
    resources:
        **plan.resources.of("draw_momentum_response"),
    params:
        models=lambda wildcards: plan.lartpc.told_momentum,
        code=plan.code("draw_momentum_response"),
    script:
        "../scripts/draw_momentum_response.py"


rule draw_reconstruction:
    """Image, reconstruction and difference of each species, and the errors."""
    input:
        test=paths.images("test", "lartpc", "all"),
        reconstructions=lambda wildcards: plan.lartpc.reconstructed(plan.lartpc.autoencoder),
        rows=rules.measure_reconstruction.output.rows,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/reconstruction", "draw_reconstruction", "LArTPC"),
    log:
        paths.log("figures/lartpc/reconstruction"),
    benchmark:
        paths.benchmark("figures/lartpc/reconstruction")
    conda:
        plan.resources.conda("draw_reconstruction")
    threads: plan.resources.threads("draw_reconstruction")
    resources:
        **plan.resources.of("draw_reconstruction"),
    params:
        source=lambda wildcards: plan.lartpc.source,
        threshold=run.evaluation.lartpc.threshold,
        code=plan.code("draw_reconstruction"),
    script:
        "../scripts/draw_reconstruction.py"


rule draw_ssnet_confusion:
    """True against predicted labels of SSNet."""
    input:
        rows=rules.measure_ssnet.output.rows,
    output:
        **drawn("lartpc/ssnet_confusion", "draw_ssnet_confusion", "LArTPC"),
    log:
        paths.log("figures/lartpc/ssnet_confusion"),
    benchmark:
        paths.benchmark("figures/lartpc/ssnet_confusion")
    conda:
        plan.resources.conda("draw_ssnet_confusion")
    threads: plan.resources.threads("draw_ssnet_confusion")
    resources:
        **plan.resources.of("draw_ssnet_confusion"),
    params:
        code=plan.code("draw_ssnet_confusion"),
    script:
        "../scripts/draw_ssnet_confusion.py"


rule draw_ssnet_training:
    """Loss and accuracy of SSNet by epoch."""
    input:
        histories=[trained_files(paths.ssnet(run.seeds[0]))["history"]],
    output:
        **drawn("lartpc/ssnet_training", "draw_ssnet_training", "LArTPC"),
    log:
        paths.log("figures/lartpc/ssnet_training"),
    benchmark:
        paths.benchmark("figures/lartpc/ssnet_training")
    conda:
        plan.resources.conda("draw_ssnet_training")
    threads: plan.resources.threads("draw_ssnet_training")
    resources:
        **plan.resources.of("draw_ssnet_training"),
    params:
        code=plan.code("draw_ssnet_training"),
    script:
        "../scripts/draw_ssnet_training.py"


rule draw_reference_code:
    """The correct PixelCNN and the authors' code: tracks, and what a cell sees."""
    input:
        observables=rules.measure_lartpc.output.observables,
        receptive_fields=rules.measure_codes.output.receptive_fields,
        convergence=paths.metrics("lartpc_convergence"),
    output:
        **drawn("lartpc/reference_code_comparison", "draw_reference_code", "LArTPC"),
    log:
        paths.log("figures/lartpc/reference_code_comparison"),
    benchmark:
        paths.benchmark("figures/lartpc/reference_code_comparison")
    conda:
        plan.resources.conda("draw_reference_code")
    threads: plan.resources.threads("draw_reference_code")
    resources:
        **plan.resources.of("draw_reference_code"),
    params:
        models=lambda wildcards: plan.lartpc.over_same_codes,
        bins=run.evaluation.lartpc.bins,
        code=plan.code("draw_reference_code"),
    script:
        "../scripts/draw_reference_code.py"
