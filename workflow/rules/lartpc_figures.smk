"""Requires: images, labels, codes, measures. Gives: the figures of the LArTPC paper, and more."""


rule draw_generated_and_training:
    """Generated beside training images (LArTPC figure 1)."""
    input:
        generated=f"{RESULTS}/samples/lartpc/all/{MAIN}/seed{run.seeds[0]}.h5",
        training=f"{RESULTS}/data/lartpc/all/train.h5",
    output:
        **drawn("lartpc/fig01_generated_and_training", "lartpc_fig01", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig01_generated_and_training.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig01_generated_and_training.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **lartpc_figure("generated_and_training", "figures.lartpc.images"),
    script:
        "../scripts/draw_lartpc.py"


use rule draw_generated_and_training as draw_ssnet_pixel_counts with:
    input:
        generated=[labels(f"{MAIN}/seed{seed}") for seed in run.seeds],
        test=labels("test"),
    output:
        **drawn("lartpc/fig02_ssnet_pixel_counts", "lartpc_fig02", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig02_ssnet_pixel_counts.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig02_ssnet_pixel_counts.tsv"
    params:
        **lartpc_figure("pixel_counts", "figures.lartpc.labels"),


use rule draw_generated_and_training as draw_code_map with:
    input:
        test=f"{RESULTS}/data/lartpc/all/test.h5",
        codes=f"{RESULTS}/codes/lartpc/all/{main_autoencoder()}/test.h5",
        reconstructions=reconstructed(main_autoencoder()),
        generated=f"{RESULTS}/samples/lartpc/all/{MAIN}/seed{run.seeds[0]}.h5",
    output:
        **drawn("lartpc/fig03_code_map", "lartpc_fig03", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig03_code_map.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig03_code_map.tsv"
    params:
        **lartpc_figure("code_maps", "figures.lartpc.codes"),


use rule draw_generated_and_training as draw_ssnet_by_epoch with:
    input:
        snapshots=[
            snapshot_labels(MAIN, seed, epoch) for epoch in snapshots(MAIN) for seed in run.seeds
        ],
        test=labels("test"),
    output:
        **drawn("lartpc/fig05_ssnet_by_epoch", "lartpc_fig05", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig05_ssnet_by_epoch.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig05_ssnet_by_epoch.tsv"
    params:
        **lartpc_figure(
            "ssnet_by_epoch",
            "figures.lartpc.labels",
            snapshots={
                f"{MAIN}-epoch{epoch}": [snapshot_labels(MAIN, seed, epoch) for seed in run.seeds]
                for epoch in snapshots(MAIN)
            },
        ),


use rule draw_generated_and_training as draw_labeled_generated with:
    input:
        labels=labels(f"{MAIN}/seed{run.seeds[0]}"),
    output:
        **drawn("lartpc/fig06_labeled_generated", "lartpc_fig06", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig06_labeled_generated.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig06_labeled_generated.tsv"
    params:
        **lartpc_figure("labeled_generated", "figures.lartpc.labels"),


use rule draw_generated_and_training as draw_labeled_test with:
    input:
        labels=labels("test"),
    output:
        **drawn("lartpc/fig07_labeled_test", "lartpc_fig07", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/fig07_labeled_test.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/fig07_labeled_test.tsv"
    params:
        **lartpc_figure("labeled_test", "figures.lartpc.labels"),


use rule draw_generated_and_training as draw_argon_observables with:
    input:
        observables=rules.measure_argon.output.observables,
    output:
        **drawn("lartpc/observables", "lartpc_observables_figure", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/observables.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/observables.tsv"
    params:
        **lartpc_figure(
            "observables",
            "figures.lartpc.observables",
            models=[f"reconstructed_{main_autoencoder()}", *DATASETS["lartpc"].models],
        ),


use rule draw_generated_and_training as draw_observables_by_species with:
    input:
        observables=rules.measure_argon.output.observables,
    output:
        **drawn("lartpc/observables_by_species", "lartpc_species_figure", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/observables_by_species.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/observables_by_species.tsv"
    params:
        **lartpc_figure("by_species", "figures.lartpc.observables", models=conditioned()),


use rule draw_generated_and_training as draw_reconstruction with:
    input:
        test=f"{RESULTS}/data/lartpc/all/test.h5",
        reconstructions=reconstructed(main_autoencoder()),
        rows=rules.measure_reconstruction.output.rows,
    output:
        **drawn("lartpc/reconstruction", "lartpc_reconstruction_figure", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/reconstruction.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/reconstruction.tsv"
    params:
        **lartpc_figure("reconstruction", "figures.lartpc.codes"),


use rule draw_generated_and_training as draw_ssnet_confusion with:
    input:
        rows=rules.measure_ssnet.output.rows,
    output:
        **drawn("lartpc/ssnet_confusion", "lartpc_ssnet_confusion", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/ssnet_confusion.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/ssnet_confusion.tsv"
    params:
        **lartpc_figure("confusion", "figures.lartpc.segmentation"),


use rule draw_generated_and_training as draw_ssnet_training with:
    input:
        histories=[f"{RESULTS}/judges/ssnet/seed{run.seeds[0]}/history.csv"],
    output:
        **drawn("lartpc/ssnet_training", "lartpc_ssnet_training", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/ssnet_training.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/ssnet_training.tsv"
    params:
        **lartpc_figure("ssnet_training", "figures.lartpc.segmentation"),


use rule draw_generated_and_training as draw_reference_code_comparison with:
    input:
        observables=rules.measure_argon.output.observables,
        receptive_fields=rules.measure_codes.output.receptive_fields,
    output:
        **drawn("lartpc/reference_code_comparison", "lartpc_reference_code_figure", "LArTPC"),
    log:
        f"{RESULTS}/logs/figures/lartpc/reference_code_comparison.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/lartpc/reference_code_comparison.tsv"
    params:
        **lartpc_figure("reference_code", "figures.lartpc.observables", models=over_same_codes()),
