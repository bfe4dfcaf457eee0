"""darkpixel: the map. From simulation to the figures and tables of two papers.

    simulate / download / file -> prepare -> train -> sample -> measure -> tables, figures

One file per stage in workflow/rules/. Configuration: config/README.md.
"""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/lartpc_paths.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/figures.smk"


report: "workflow/report/workflow.rst"


SARM_FIGURES, SARM_TABLES, LARTPC_FIGURES, LARTPC_TABLES = [], [], [], []

if "jets" in DATASETS:

    include: "workflow/rules/measure.smk"
    include: "workflow/rules/sarm_figures.smk"
    include: "workflow/rules/sarm_tables.smk"

    SARM_FIGURES += [
        rules.draw_typical_images.output,
        rules.draw_pixel_values_by_region.output,
        rules.draw_jet_examples.output,
        rules.draw_jet_samples.output,
        rules.draw_jet_observables.output,
        rules.draw_toy.output,
        rules.draw_jet_mean_differences.output,
        rules.draw_jet_pixel_values.output,
        rules.draw_more_jet_examples.output,
    ]
    SARM_TABLES += [
        rules.tabulate_jet_wasserstein.output,
        rules.tabulate_jet_shape.output,
        rules.tabulate_jet_statistics.output,
        rules.tabulate_quantisation.output,
        rules.tabulate_parameters.output,
    ]


if "lartpc" in DATASETS and MAIN in DATASETS["lartpc"].models:

    include: "workflow/rules/ssnet.smk"
    include: "workflow/rules/lartpc_measure.smk"
    include: "workflow/rules/lartpc_figures.smk"
    include: "workflow/rules/lartpc_tables.smk"

    LARTPC_FIGURES += [
        rules.draw_generated_and_training.output,
        rules.draw_ssnet_pixel_counts.output,
        rules.draw_code_map.output,
        rules.draw_labeled_generated.output,
        rules.draw_labeled_test.output,
        rules.draw_argon_observables.output,
        rules.draw_reconstruction.output,
        rules.draw_ssnet_confusion.output,
    ]
    LARTPC_TABLES += [
        rules.tabulate_vqvae.output,
        rules.tabulate_pixelcnn.output,
        rules.tabulate_divergences.output,
        rules.tabulate_argon_observables.output,
        rules.tabulate_reconstruction.output,
        rules.tabulate_codebooks.output,
        rules.tabulate_ssnet_accuracy.output,
        rules.tabulate_species_mix.output,
    ]
    if snapshots(MAIN):
        LARTPC_FIGURES += [rules.draw_ssnet_by_epoch.output]
    if run.judges.ssnet.weights is None:
        LARTPC_FIGURES += [rules.draw_ssnet_training.output]
    if conditioned():
        LARTPC_FIGURES += [rules.draw_observables_by_species.output]
    if FEWER_CODES in pixelcnns():
        LARTPC_TABLES += [rules.tabulate_codebook_ablation.output]
    if REFERENCE_CODE in pixelcnns():
        LARTPC_FIGURES += [rules.draw_reference_code_comparison.output]
        LARTPC_TABLES += [rules.tabulate_reference_code.output]


SARM = [SARM_FIGURES, SARM_TABLES, data_pages("jets")]
LARTPC = [LARTPC_FIGURES, LARTPC_TABLES, data_pages("lartpc", "lartpc_vertex")]


rule all:
    """Every figure and table of the run."""
    default_target: True
    input:
        SARM,
        LARTPC,


rule sarm:
    """The SARM paper."""
    input:
        SARM,


rule lartpc:
    """The LArTPC paper."""
    input:
        LARTPC,


rule figures:
    """All figures."""
    input:
        SARM_FIGURES,
        LARTPC_FIGURES,
        data_pages(*DATASETS),


rule tables:
    """All tables."""
    input:
        SARM_TABLES,
        LARTPC_TABLES,


include: "workflow/rules/report.smk"
