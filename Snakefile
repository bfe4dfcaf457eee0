"""darkpixel: the map. From simulation to the figures and tables of two papers.

    simulate / download / file -> prepare -> train -> sample -> measure -> tables, figures

One file per stage in workflow/rules/. Configuration: config/README.md.
"""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/lartpc_paths.smk"
include: "workflow/rules/sarm_paths.smk"
include: "workflow/rules/muon_paths.smk"
include: "workflow/rules/comparison_paths.smk"
include: "workflow/rules/search_paths.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/muons.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/figures.smk"


report: "workflow/report/workflow.rst"


SARM_FIGURES, SARM_TABLES, LARTPC_FIGURES, LARTPC_TABLES = [], [], [], []

if OWN:

    include: "workflow/rules/own_data.smk"


if SARM_DATA or OWN:

    include: "workflow/rules/measure.smk"
    include: "workflow/rules/sarm_figures.smk"
    include: "workflow/rules/sarm_tables.smk"
    include: "workflow/rules/speed.smk"

    SARM_FIGURES += [
        sarm_files(FIGURES, EXAMPLES, MORE_EXAMPLES, MEAN_IMAGES, MEAN_DIFFERENCES),
        sarm_files(FIGURES, PIXEL_VALUES, OBSERVABLES),
    ]
    SARM_TABLES += [
        sarm_files(TABLES, WASSERSTEIN, SHAPES, STATISTICS, QUANTISATION, PARAMETERS, DIVERSITY)
    ]
    if COMPARED:
        SARM_TABLES += [rules.tabulate_speed.output, rules.tabulate_matrix.output]


if TESTED:

    include: "workflow/rules/classifier.smk"
    include: "workflow/rules/two_sample.smk"

    SARM_FIGURES += [ROC_FIGURES]
    SARM_TABLES += [CLASSIFIER_TABLES, rules.tabulate_distances.output]


if SARM_DATA or STUDIES:

    include: "workflow/rules/search.smk"

    SARM_FIGURES += [SEARCH_FIGURES]
    SARM_TABLES += [SEARCH_TABLES]


if SARM_DATA:
    SARM_FIGURES += [rules.draw_typical_images.output, rules.draw_toy.output]


if "jets" in DATASETS:
    SARM_FIGURES += [rules.draw_pixel_values_by_region.output]

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


SARM = [SARM_FIGURES, SARM_TABLES, data_pages(*SARM_DATA, *OWN)]
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
