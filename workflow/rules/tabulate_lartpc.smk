"""Requires: measures, trained models. Gives: the tables of the LArTPC paper, and more."""


rule tabulate_vqvae:
    """Settings and size of the VQ-VAE (LArTPC table 2)."""
    input:
        configs=lambda wildcards: list(plan.lartpc.configs(plan.lartpc.autoencoders).values()),
        published=published,
    output:
        **tabulated("lartpc/table2_vqvae_parameters", "tabulate_vqvae", "LArTPC"),
    log:
        paths.log("tables/lartpc/table2_vqvae_parameters"),
    benchmark:
        paths.benchmark("tables/lartpc/table2_vqvae_parameters")
    conda:
        plan.resources.conda("tabulate_vqvae")
    threads: plan.resources.threads("tabulate_vqvae")
    resources:
        **plan.resources.of("tabulate_vqvae"),
    params:
        configs=lambda wildcards: plan.lartpc.configs(plan.lartpc.autoencoders),
        code=plan.code("tabulate_vqvae"),
    script:
        "../scripts/tabulate_vqvae.py"


rule tabulate_pixelcnn:
    """Settings and size of the PixelCNN (LArTPC table 3)."""
    input:
        configs=lambda wildcards: list(plan.lartpc.configs(plan.lartpc.priors).values()),
        published=published,
    output:
        **tabulated("lartpc/table3_pixelcnn_parameters", "tabulate_pixelcnn", "LArTPC"),
    log:
        paths.log("tables/lartpc/table3_pixelcnn_parameters"),
    benchmark:
        paths.benchmark("tables/lartpc/table3_pixelcnn_parameters")
    conda:
        plan.resources.conda("tabulate_pixelcnn")
    threads: plan.resources.threads("tabulate_pixelcnn")
    resources:
        **plan.resources.of("tabulate_pixelcnn"),
    params:
        configs=lambda wildcards: plan.lartpc.configs(plan.lartpc.priors),
        code=plan.code("tabulate_pixelcnn"),
    script:
        "../scripts/tabulate_pixelcnn.py"


rule tabulate_divergences:
    """KL divergences of SSNet's output by checkpoint (LArTPC table 4)."""
    input:
        rows=rules.measure_lartpc.output.divergences,
    output:
        **tabulated("lartpc/table4_kl_by_checkpoint", "tabulate_divergences", "LArTPC"),
    log:
        paths.log("tables/lartpc/table4_kl_by_checkpoint"),
    benchmark:
        paths.benchmark("tables/lartpc/table4_kl_by_checkpoint")
    conda:
        plan.resources.conda("tabulate_divergences")
    threads: plan.resources.threads("tabulate_divergences")
    resources:
        **plan.resources.of("tabulate_divergences"),
    params:
        direction=run.evaluation.lartpc.direction,
        code=plan.code("tabulate_divergences"),
    script:
        "../scripts/tabulate_divergences.py"


rule tabulate_lartpc_observables:
    """W1 and means of the observables, per species."""
    input:
        rows=rules.measure_lartpc.output.distances,
    output:
        **tabulated("lartpc/observables", "tabulate_lartpc_observables", "LArTPC"),
    log:
        paths.log("tables/lartpc/observables"),
    benchmark:
        paths.benchmark("tables/lartpc/observables")
    conda:
        plan.resources.conda("tabulate_lartpc_observables")
    threads: plan.resources.threads("tabulate_lartpc_observables")
    resources:
        **plan.resources.of("tabulate_lartpc_observables"),
    params:
        code=plan.code("tabulate_lartpc_observables"),
    script:
        "../scripts/tabulate_lartpc_observables.py"


rule tabulate_lartpc_shapes:
    """W1 and means of what needs no segmentation network, per species."""
    input:
        rows=rules.measure_lartpc_shapes.output.distances,
    output:
        **tabulated("lartpc/shape_observables", "tabulate_lartpc_shapes", "LArTPC"),
    log:
        paths.log("tables/lartpc/shape_observables"),
    benchmark:
        paths.benchmark("tables/lartpc/shape_observables")
    conda:
        plan.resources.conda("tabulate_lartpc_shapes")
    threads: plan.resources.threads("tabulate_lartpc_shapes")
    resources:
        **plan.resources.of("tabulate_lartpc_shapes"),
    params:
        code=plan.code("tabulate_lartpc_shapes"),
    script:
        "../scripts/tabulate_lartpc_shapes.py"


rule tabulate_momentum_response:
    """How far length, charge and pixels by momentum are from the test images', per species."""
    input:
        rows=rules.measure_momentum_response.output.deviations,
    output:
        **tabulated("lartpc/momentum_response", "tabulate_momentum_response", "LArTPC"),
    log:
        paths.log("tables/lartpc/momentum_response"),
    benchmark:
        paths.benchmark("tables/lartpc/momentum_response")
    conda:
        plan.resources.conda("tabulate_momentum_response")
    threads: plan.resources.threads("tabulate_momentum_response")
    resources:
        **plan.resources.of("tabulate_momentum_response"),
    params:
        code=plan.code("tabulate_momentum_response"),
    script:
        "../scripts/tabulate_momentum_response.py"


rule tabulate_reconstruction:
    """What the autoencoders lose, and the bits of their codes."""
    input:
        rows=rules.measure_reconstruction.output.rows,
    output:
        **tabulated("lartpc/reconstruction", "tabulate_reconstruction", "LArTPC"),
    log:
        paths.log("tables/lartpc/reconstruction"),
    benchmark:
        paths.benchmark("tables/lartpc/reconstruction")
    conda:
        plan.resources.conda("tabulate_reconstruction")
    threads: plan.resources.threads("tabulate_reconstruction")
    resources:
        **plan.resources.of("tabulate_reconstruction"),
    params:
        code=plan.code("tabulate_reconstruction"),
    script:
        "../scripts/tabulate_reconstruction.py"


rule tabulate_codebooks:
    """Use of the codebooks, entropies and -log p."""
    input:
        rows=rules.measure_codes.output.codebooks,
    output:
        **tabulated("lartpc/codebook", "tabulate_codebooks", "LArTPC"),
    log:
        paths.log("tables/lartpc/codebook"),
    benchmark:
        paths.benchmark("tables/lartpc/codebook")
    conda:
        plan.resources.conda("tabulate_codebooks")
    threads: plan.resources.threads("tabulate_codebooks")
    resources:
        **plan.resources.of("tabulate_codebooks"),
    params:
        code=plan.code("tabulate_codebooks"),
    script:
        "../scripts/tabulate_codebooks.py"


rule tabulate_codebook_ablation:
    """512 against 256 code vectors (LArTPC section 3)."""
    input:
        observables=rules.measure_lartpc.output.observables,
    output:
        **tabulated("lartpc/codebook_ablation", "tabulate_codebook_ablation", "LArTPC"),
    log:
        paths.log("tables/lartpc/codebook_ablation"),
    benchmark:
        paths.benchmark("tables/lartpc/codebook_ablation")
    conda:
        plan.resources.conda("tabulate_codebook_ablation")
    threads: plan.resources.threads("tabulate_codebook_ablation")
    resources:
        **plan.resources.of("tabulate_codebook_ablation"),
    params:
        models=[MAIN, FEWER_CODES],
        code=plan.code("tabulate_codebook_ablation"),
    script:
        "../scripts/tabulate_codebook_ablation.py"


rule tabulate_reference_code:
    """The correct PixelCNN and the authors' code, side by side."""
    input:
        distances=rules.measure_lartpc.output.distances,
        divergences=rules.measure_lartpc.output.divergences,
        likelihoods=rules.measure_codes.output.codebooks,
    output:
        **tabulated("lartpc/reference_code_comparison", "tabulate_reference_code", "LArTPC"),
    log:
        paths.log("tables/lartpc/reference_code_comparison"),
    benchmark:
        paths.benchmark("tables/lartpc/reference_code_comparison")
    conda:
        plan.resources.conda("tabulate_reference_code")
    threads: plan.resources.threads("tabulate_reference_code")
    resources:
        **plan.resources.of("tabulate_reference_code"),
    params:
        models=lambda wildcards: plan.lartpc.over_same_codes,
        direction=run.evaluation.lartpc.direction,
        code=plan.code("tabulate_reference_code"),
    script:
        "../scripts/tabulate_reference_code.py"


rule tabulate_ssnet_accuracy:
    """Accuracy of SSNet by data set and species (LArTPC A.5)."""
    input:
        rows=rules.measure_ssnet.output.rows,
    output:
        **tabulated("lartpc/ssnet_accuracy", "tabulate_ssnet_accuracy", "LArTPC"),
    log:
        paths.log("tables/lartpc/ssnet_accuracy"),
    benchmark:
        paths.benchmark("tables/lartpc/ssnet_accuracy")
    conda:
        plan.resources.conda("tabulate_ssnet_accuracy")
    threads: plan.resources.threads("tabulate_ssnet_accuracy")
    resources:
        **plan.resources.of("tabulate_ssnet_accuracy"),
    params:
        code=plan.code("tabulate_ssnet_accuracy"),
    script:
        "../scripts/tabulate_ssnet_accuracy.py"


rule tabulate_species_mix:
    """How many events of each species there are before and after the crop."""
    input:
        train=paths.images("train", "lartpc", "all"),
    output:
        **tabulated("lartpc/species_mix", "tabulate_species_mix", "LArTPC"),
    log:
        paths.log("tables/lartpc/species_mix"),
    benchmark:
        paths.benchmark("tables/lartpc/species_mix")
    conda:
        plan.resources.conda("tabulate_species_mix")
    threads: plan.resources.threads("tabulate_species_mix")
    resources:
        **plan.resources.of("tabulate_species_mix"),
    params:
        code=plan.code("tabulate_species_mix"),
    script:
        "../scripts/tabulate_species_mix.py"
