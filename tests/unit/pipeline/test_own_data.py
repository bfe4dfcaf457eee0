"""A run on own files has the pages of what it trains, and none of the papers'."""

from own_images import own_plan
from plans import make_plan

QUANTISATION = "tables/sarm/quantisation"
IMPROVEMENT = "tables/sarm/improvement"
FIGURE_5 = "figures/sarm/fig05_pixel_values_by_region"


def pages(plan):
    return {f"{page['kind']}/{page['stem']}" for page in plan.report.pages()}


def test_the_pages_of_one_sparse_transformer(tmp_path):
    assert pages(own_plan(tmp_path, "sparse_transformer")) == {
        "figures/data/jets_statistics",
        "figures/training/jets_curves",
        "figures/sarm/fig01_typical_images",
        "figures/sarm/fig06_jet_examples",
        "figures/sarm/fig07_jet_mean_images",
        "figures/sarm/fig08_jet_observables",
        "figures/sarm/fig09_jet_roc",
        "figures/sarm/fig16_jet_mean_difference",
        "figures/sarm/fig17_jet_pixel_values",
        "figures/sarm/fig23_more_jet_examples",
        "tables/sarm/classifier_auc",
        "tables/sarm/convergence",
        "tables/sarm/coverage",
        "tables/sarm/diversity",
        "tables/sarm/jet_image_statistics",
        "tables/sarm/jet_shape_wasserstein",
        "tables/sarm/likelihood",
        "tables/sarm/memorisation",
        "tables/sarm/model_matrix",
        "tables/sarm/physics_distances",
        "tables/sarm/table1_jet_wasserstein",
        "tables/sarm/table2_jet_speed",
        "tables/sarm/table6_parameters",
        "tables/sarm/two_sample_auc",
    }


def test_a_model_of_the_paper_brings_what_the_paper_says_of_it(tmp_path):
    assert not {IMPROVEMENT, FIGURE_5} & pages(own_plan(tmp_path, "lagan"))
    assert {IMPROVEMENT, FIGURE_5, QUANTISATION} <= pages(own_plan(tmp_path, "sarm2_dd"))
    only_order = pages(own_plan(tmp_path, "sarm1_dc"))
    assert FIGURE_5 in only_order
    assert not {IMPROVEMENT, QUANTISATION} & only_order


def test_simulated_images_beside_own_ones_keep_theirs(tmp_path):
    muons = make_plan().run.model_dump()["datasets"]["muons"]
    plan = own_plan(tmp_path, "sparse_transformer", datasets={"muons": muons})
    assert plan.comparisons.claimed == ["muons"]
    assert IMPROVEMENT in pages(plan)
    assert FIGURE_5 not in pages(plan)


def test_all_of_it_on_simulated_images():
    assert {IMPROVEMENT, FIGURE_5, QUANTISATION} <= pages(make_plan())
    assert make_plan().comparisons.claimed == ["jets", "muons"]
