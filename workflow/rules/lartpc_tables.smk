"""Requires: measures, model folders. Gives: the tables of the LArTPC paper, and more."""


rule tabulate_vqvae:
    """Settings and size of the VQ-VAE (LArTPC table 2)."""
    input:
        configs=[
            f"{trained('lartpc', 'all', name, run.seeds[0])}/config.yaml"
            for name in autoencoders("lartpc", "all")
        ],
        published="config/published.yaml",
    output:
        **tabulated("lartpc/table2_vqvae_parameters", "table2_vqvae_parameters", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/table2_vqvae_parameters.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/table2_vqvae_parameters.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=30,
    params:
        table="vqvae",
        models=autoencoders("lartpc", "all"),
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),
    script:
        "../scripts/tabulate_lartpc.py"


use rule tabulate_vqvae as tabulate_pixelcnn with:
    input:
        configs=[
            f"{trained('lartpc', 'all', name, run.seeds[0])}/config.yaml" for name in pixelcnns()
        ],
        published="config/published.yaml",
    output:
        **tabulated("lartpc/table3_pixelcnn_parameters", "table3_pixelcnn_parameters", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/table3_pixelcnn_parameters.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/table3_pixelcnn_parameters.tsv"
    params:
        table="pixelcnn",
        models=pixelcnns(),
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),


use rule tabulate_vqvae as tabulate_divergences with:
    input:
        rows=rules.measure_argon.output.divergences,
    output:
        **tabulated("lartpc/table4_kl_by_checkpoint", "table4_kl_by_checkpoint", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/table4_kl_by_checkpoint.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/table4_kl_by_checkpoint.tsv"
    params:
        table="divergences",
        direction=run.evaluation.lartpc.direction,
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),


use rule tabulate_vqvae as tabulate_argon_observables with:
    input:
        rows=rules.measure_argon.output.distances,
    output:
        **tabulated("lartpc/observables", "lartpc_observables", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/observables.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/observables.tsv"
    params:
        table="observables",
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),


use rule tabulate_vqvae as tabulate_reconstruction with:
    input:
        rows=rules.measure_reconstruction.output.rows,
    output:
        **tabulated("lartpc/reconstruction", "reconstruction", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/reconstruction.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/reconstruction.tsv"
    params:
        table="reconstruction",
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),


use rule tabulate_vqvae as tabulate_codebooks with:
    input:
        rows=rules.measure_codes.output.codebooks,
    output:
        **tabulated("lartpc/codebook", "codebook", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/codebook.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/codebook.tsv"
    params:
        table="codebooks",
        code=code_digest("tables.lartpc", "tables.codes", "tables.divergence"),


use rule tabulate_vqvae as tabulate_ssnet_accuracy with:
    input:
        rows=rules.measure_ssnet.output.rows,
    output:
        **tabulated("lartpc/ssnet_accuracy", "ssnet_accuracy", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/ssnet_accuracy.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/ssnet_accuracy.tsv"
    params:
        table="accuracy",
        code=code_digest("metrics.segmentation"),


use rule tabulate_vqvae as tabulate_species_mix with:
    input:
        train=f"{RESULTS}/data/lartpc/all/train.h5",
    output:
        **tabulated("lartpc/species_mix", "species_mix", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/species_mix.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/species_mix.tsv"
    params:
        table="species",
        code=code_digest("metrics.species"),


use rule tabulate_vqvae as tabulate_codebook_ablation with:
    input:
        observables=rules.measure_argon.output.observables,
    output:
        **tabulated("lartpc/codebook_ablation", "codebook_ablation", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/codebook_ablation.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/codebook_ablation.tsv"
    params:
        table="ablation",
        models=[MAIN, FEWER_CODES],
        code=code_digest("metrics.lartpc_rows", "tables.lartpc"),


use rule tabulate_vqvae as tabulate_reference_code with:
    input:
        distances=rules.measure_argon.output.distances,
        divergences=rules.measure_argon.output.divergences,
        likelihoods=rules.measure_codes.output.codebooks,
    output:
        **tabulated("lartpc/reference_code_comparison", "reference_code_comparison", "LArTPC"),
    log:
        f"{RESULTS}/logs/tables/lartpc/reference_code_comparison.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/lartpc/reference_code_comparison.tsv"
    params:
        table="reference_code",
        models=over_same_codes(),
        direction=run.evaluation.lartpc.direction,
        code=code_digest("metrics.lartpc_rows", "tables.lartpc"),
