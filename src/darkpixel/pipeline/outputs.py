"""Which figures and tables a run has, and what they show.

A page is one figure or table. Most rules make one page, whose path stands in the rule; the others
make a page of each data set, and their `{stem}` is one of those here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from darkpixel.config.run import Run
from darkpixel.pipeline.comparisons import Comparisons
from darkpixel.pipeline.datasets import JETS, LARTPC, MUONS
from darkpixel.pipeline.lartpc import DATASET, FEWER_CODES, MAIN, REFERENCE_CODE, LArTPC

Kind = Literal["figures", "tables"]
Paper = Literal["sarm", "lartpc"]

LAGAN, BEST = "lagan", "sarm2_dd"
"""SARM section 8.4.1 compares the two on muons."""

# Rule -> page -> data set and models, None for all; a page is there where its data set and the
# first of its models are. Custom data sets have the pages of `CUSTOM` too.
SHOWN: dict[str, dict[str, tuple[str, list[str] | None]]] = {
    "draw_examples": {
        "sarm/fig06_jet_examples": (JETS, None),
        "sarm/fig11_muon_examples": (MUONS, None),
        "sarm/fig18_lagan_muon_examples": (MUONS, [LAGAN]),
    },
    "draw_more_examples": {
        "sarm/fig23_more_jet_examples": (JETS, None),
        "sarm/fig24_more_muon_examples": (MUONS, None),
    },
    "draw_mean_images": {
        "sarm/fig07_jet_mean_images": (JETS, None),
        "sarm/fig12_muon_mean_images": (MUONS, None),
        "sarm/fig19_lagan_muon_mean": (MUONS, [LAGAN]),
    },
    "draw_mean_differences": {
        "sarm/fig16_jet_mean_difference": (JETS, None),
        "sarm/fig21_muon_mean_difference": (MUONS, None),
    },
    "draw_pixel_values": {
        "sarm/fig17_jet_pixel_values": (JETS, None),
        "sarm/fig22_muon_pixel_values": (MUONS, None),
    },
    "draw_observables": {
        "sarm/fig08_jet_observables": (JETS, None),
        "sarm/fig13_muon_observables": (MUONS, None),
        "sarm/fig20_lagan_muon_observables": (MUONS, [LAGAN, BEST]),
    },
    "tabulate_wasserstein": {
        "sarm/table1_jet_wasserstein": (JETS, None),
        "sarm/table3_muon_wasserstein": (MUONS, None),
        "sarm/table5_lagan_muon_wasserstein": (MUONS, [LAGAN, BEST]),
    },
    "tabulate_shapes": {
        "sarm/jet_shape_wasserstein": (JETS, None),
        "sarm/muon_shape_wasserstein": (MUONS, None),
    },
    "tabulate_statistics": {
        "sarm/jet_image_statistics": (JETS, None),
        "sarm/muon_image_statistics": (MUONS, None),
    },
    "tabulate_quantisation": {
        "sarm/quantisation": (JETS, None),
        "sarm/muon_quantisation": (MUONS, None),
    },
    "tabulate_parameters": {"sarm/table6_parameters": (JETS, None)},
}
CUSTOM = {
    "draw_examples": "examples",
    "draw_mean_images": "mean_images",
    "draw_mean_differences": "mean_difference",
    "draw_pixel_values": "pixel_values",
    "draw_observables": "observables",
    "tabulate_wasserstein": "wasserstein",
    "tabulate_shapes": "shape_wasserstein",
    "tabulate_statistics": "image_statistics",
}
ROC = {JETS: "sarm/fig09_jet_roc", MUONS: "sarm/fig14_muon_roc"}
SPEED = {JETS: "sarm/table2_jet_speed", MUONS: "sarm/table4_muon_speed"}
PAPERS: tuple[Paper, ...] = ("sarm", "lartpc")
ARGON_SPEED = "lartpc/speed"
DISTANCES = ("two_sample_auc", "physics_distances", "coverage", "memorisation")
MATRIX = ("sarm/model_matrix", "sarm/convergence")
IMPROVEMENT = "sarm/improvement"


@dataclass(frozen=True)
class Page:
    """A figure or table."""

    rule: str
    stem: str
    """Its path below `figures/` or `tables/`, without the ending."""
    paper: Paper
    """That it is made for; a page about a custom data set stands with the SARM paper's."""
    dataset: str = ""
    """What it shows; empty where it shows several data sets or none."""
    models: list[str] | None = None
    """Which of the data set's models; None for all."""

    @property
    def kind(self) -> Kind:
        """Figures are drawn, tables are tabulated."""
        return "figures" if self.rule.startswith("draw_") else "tables"


def run_pages(run: Run, comparisons: Comparisons, lartpc: LArTPC) -> list[Page]:
    """All figures and tables of a run."""
    return [
        *_sarm_pages(run, comparisons),
        *(_lartpc_pages(run, lartpc) if lartpc.studied else ()),
        *(_shape_pages(lartpc) if lartpc.generated() else ()),
        *_distance_pages(comparisons),
        *_data_pages(run),
    ]


def _sarm_pages(run: Run, comparisons: Comparisons) -> Iterator[Page]:
    present = run.datasets.present()
    for rule, pages in SHOWN.items():
        custom = {
            f"own/{name}_{CUSTOM[rule]}": (name, None)
            for name in comparisons.custom
            if rule in CUSTOM
        }
        for stem, (dataset, models) in (pages | custom).items():
            there = present[dataset].models if dataset in present else []
            if rule == "tabulate_quantisation" and there and not comparisons.rounded(dataset):
                continue
            if there and (models is None or models[0] in there):
                chosen = models and [model for model in models if model in there]
                yield Page(rule, stem, "sarm", dataset, chosen)
    for dataset in comparisons.classified:
        yield Page("draw_roc", ROC.get(dataset, f"own/{dataset}_roc"), "sarm", dataset)
    single = {
        "tabulate_classifiers": ("sarm/classifier_auc", bool(comparisons.classified)),
        "tabulate_search": ("sarm/hyperparameter_search", bool(run.studies)),
        "draw_typical_images": ("sarm/fig01_typical_images", bool(comparisons.sarm)),
        "draw_toy": ("sarm/fig15_toy_2d", bool(comparisons.sarm) and run.toy is not None),
        "draw_widths": ("sarm/upsampling_width", JETS in present and run.widths is not None),
        "draw_pixel_values_by_region": ("sarm/fig05_pixel_values_by_region", _sarm_order(run)),
        "draw_generation_order": (
            "sarm/fig10_generation_order",
            run.datasets.jets is not None and bool(run.datasets.jets.orders),
        ),
    }
    for rule, (stem, wanted) in single.items():
        if wanted:
            yield Page(rule, stem, "sarm")
    # Without jets, muons and custom data sets there is nothing beside liquid argon to compare.
    if comparisons.compared and (comparisons.sarm or comparisons.custom):
        for dataset in comparisons.timed:
            yield Page("tabulate_speed", SPEED[dataset], "sarm", dataset)
        yield Page("tabulate_likelihood", "sarm/likelihood", "sarm")
        for stem in (*MATRIX, *([IMPROVEMENT] if comparisons.claimed else ())):
            yield Page("tabulate_matrix", stem, "sarm")


def _sarm_order(run: Run) -> bool:
    """Whether figure 5 is there: it shows the order of SARM-2, of own files where there is one."""
    jets = run.datasets.jets
    if jets is None or jets.source != "file":
        return jets is not None
    return any(run.models[model].model == "sarm" for model in jets.models)


def _lartpc_pages(run: Run, lartpc: LArTPC) -> Iterator[Page]:
    pages = {
        "draw_generated_and_training": ("fig01_generated_and_training", True),
        "draw_ssnet_pixel_counts": ("fig02_ssnet_pixel_counts", True),
        "draw_code_map": ("fig03_code_map", True),
        "draw_ssnet_by_epoch": ("fig05_ssnet_by_epoch", bool(lartpc.snapshots(MAIN))),
        "draw_labeled_generated": ("fig06_labeled_generated", True),
        "draw_labeled_test": ("fig07_labeled_test", True),
        "draw_lartpc_observables": ("observables", True),
        "draw_observables_by_species": ("observables_by_species", bool(lartpc.conditioned)),
        "draw_reconstruction": ("reconstruction", True),
        "draw_ssnet_confusion": ("ssnet_confusion", True),
        "draw_ssnet_training": ("ssnet_training", run.judges.ssnet.weights is None),
        "draw_reference_code": ("reference_code_comparison", REFERENCE_CODE in lartpc.priors),
        "tabulate_vqvae": ("table2_vqvae_parameters", True),
        "tabulate_pixelcnn": ("table3_pixelcnn_parameters", True),
        "tabulate_divergences": ("table4_kl_by_checkpoint", True),
        "tabulate_lartpc_observables": ("observables", True),
        "tabulate_reconstruction": ("reconstruction", True),
        "tabulate_codebooks": ("codebook", True),
        "tabulate_codebook_ablation": ("codebook_ablation", FEWER_CODES in lartpc.priors),
        "tabulate_ssnet_accuracy": ("ssnet_accuracy", True),
        "tabulate_species_mix": ("species_mix", True),
        "tabulate_reference_code": ("reference_code_comparison", REFERENCE_CODE in lartpc.priors),
    }
    for rule, (name, wanted) in pages.items():
        if wanted:
            yield Page(rule, f"lartpc/{name}", "lartpc")
    yield Page("tabulate_speed", ARGON_SPEED, "lartpc", DATASET)


def _shape_pages(lartpc: LArTPC) -> Iterator[Page]:
    """Of whatever model; a user's own images may have no species."""
    yield Page("draw_lartpc_shapes", "lartpc/shape_observables", "lartpc")
    if lartpc.sparse_transformers:
        yield Page("draw_mixed_examples", "lartpc/mixed_examples", "lartpc")
    if lartpc.source != "file":
        yield Page("draw_shapes_by_species", "lartpc/shape_observables_by_species", "lartpc")
    yield Page("tabulate_lartpc_shapes", "lartpc/shape_observables", "lartpc")
    if lartpc.told_momentum:
        yield Page("draw_momentum_response", "lartpc/momentum_response", "lartpc")
        yield Page("tabulate_momentum_response", "lartpc/momentum_response", "lartpc")


def _distance_pages(comparisons: Comparisons) -> Iterator[Page]:
    """How far the samples are from the test images, in one set of tables for each paper."""
    for paper in PAPERS:
        if comparisons.tested(paper):
            for name in DISTANCES:
                yield Page("tabulate_distances", f"{paper}/{name}", paper)
            yield Page("tabulate_diversity", f"{paper}/diversity", paper)


def _data_pages(run: Run) -> Iterator[Page]:
    """A page about the images of each data set, and one about the training runs on them."""
    for name, data in run.datasets.present().items():
        paper: Paper = "lartpc" if name in LARTPC else "sarm"
        yield Page("draw_data_statistics", f"data/{name}_statistics", paper, name)
        if data.models:
            yield Page("draw_training_curves", f"training/{name}_curves", paper, name)
