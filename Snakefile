"""darkpixel: from simulation to the figures and tables of two papers.

    simulate, download, a user's file
        -> prepare -> train (autoencoder -> code maps -> prior) -> sample
        -> label with SSNet (liquid argon), classify -> measure, compare, study
        -> tabulate, draw -> report

One file per stage in workflow/rules/, one script per rule in workflow/scripts/. What a rule needs of
the configuration comes from `plan` (src/darkpixel/pipeline/): paths, seeds, memory, time limits, which
figures and tables a run has. Configuration: config/README.md.
"""

from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
# Events and images.
include: "workflow/rules/simulate.smk"
include: "workflow/rules/prepare.smk"
# Models and their images.
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
# Evaluation: SSNet is trained in label, classifiers in compare.
include: "workflow/rules/label.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/study.smk"
# Output.
include: "workflow/rules/tabulate_sarm.smk"
include: "workflow/rules/tabulate_lartpc.smk"
include: "workflow/rules/tabulate_models.smk"
include: "workflow/rules/draw_data.smk"
include: "workflow/rules/draw_sarm.smk"
include: "workflow/rules/draw_lartpc.smk"


report: "workflow/report/workflow.rst"


rule all:
    """Every figure and table of the run."""
    default_target: True
    input:
        plan.targets(),


rule sarm:
    """The SARM paper."""
    input:
        plan.targets(paper="sarm"),


rule lartpc:
    """The LArTPC paper."""
    input:
        plan.targets(paper="lartpc"),


rule figures:
    """All figures."""
    input:
        plan.targets(kind="figures"),


rule tables:
    """All tables."""
    input:
        plan.targets(kind="tables"),


# Last, since it needs what `all` asks for.
include: "workflow/rules/report.smk"
include: "workflow/rules/share.smk"
