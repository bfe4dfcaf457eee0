"""darkpixel: the map. From simulation to the figures and tables of two papers.

    simulate / download / file -> prepare -> train -> sample -> measure -> tables, figures

One file per stage in workflow/rules/. Configuration: config/README.md.
"""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"


report: "workflow/report/workflow.rst"


SARM_FIGURES = [
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
SARM_TABLES = [
    rules.tabulate_jet_wasserstein.output,
    rules.tabulate_jet_shape.output,
    rules.tabulate_jet_statistics.output,
    rules.tabulate_quantisation.output,
    rules.tabulate_parameters.output,
]
DATA_PAGES = [
    f"{FIGURES}/{page}.{suffix}"
    for dataset in DATASETS
    for page in (f"data/{dataset}_statistics", f"training/{dataset}_curves")
    for suffix in ("pdf", "png")
]


SARM = [SARM_FIGURES, SARM_TABLES, DATA_PAGES]


rule all:
    """Every figure and table of the run."""
    default_target: True
    input:
        SARM,


rule sarm:
    """The SARM paper."""
    input:
        SARM,


rule lartpc:
    """The LArTPC paper, whose models are still to come."""
    input:
        [],


rule figures:
    """All figures."""
    input:
        SARM_FIGURES,
        DATA_PAGES,


rule tables:
    """All tables."""
    input:
        SARM_TABLES,


include: "workflow/rules/report.smk"
