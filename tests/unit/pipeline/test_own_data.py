"""A run on own files has the pages of what it trains, and none of the papers'."""

from own_images import own_plan
from plans import make_plan

from darkpixel.metrics import improvement
from darkpixel.pipeline import comparisons

QUANTISATION = "tables/sarm/quantisation"
OF_THE_PAPERS = ("Monte Carlo", "SARM paper", "SARM figure", "SARM table", "Pythia")
IMPROVEMENT = "tables/sarm/improvement"
FIGURE_5 = "figures/sarm/fig05_pixel_values_by_region"


def test_the_claims_are_about_one_model():
    assert comparisons.OURS == improvement.OURS


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


def test_captions_name_neither_the_papers_figures_nor_a_simulation(tmp_path):
    plan = own_plan(tmp_path, "sparse_transformer", "sarm1_dd")
    for page in plan.report.pages():
        assert page["own"]
        assert not [word for word in OF_THE_PAPERS if word in page["caption"]], page


def test_snakemakes_report_of_own_files_has_the_same_captions(tmp_path):
    plan = own_plan(tmp_path, "sparse_transformer", "sarm1_dd")
    assert plan.report.caption_name("draw_roc") == "own/draw_roc"
    assert plan.report.caption_name("convergence") == "convergence"  # says nothing of the papers


def test_each_page_has_the_words_of_its_data_set(tmp_path):
    muons = make_plan().run.model_dump()["datasets"]["muons"]
    plan = own_plan(tmp_path, "sarm1_dd", datasets={"muons": muons})
    captions = {page["stem"]: page["caption"] for page in plan.report.pages()}
    assert "SARM" in captions["sarm/fig14_muon_roc"]
    assert "reference" in captions["sarm/fig09_jet_roc"]
    assert "Monte Carlo" in captions["sarm/physics_distances"]  # of both data sets
    assert plan.report.caption_name("draw_roc") == "draw_roc"


def test_captions_of_the_papers_runs_are_those_of_the_papers():
    plan = make_plan()
    assert not [page for page in plan.report.pages() if page["own"]]
    assert plan.report.caption_name("draw_roc") == "draw_roc"
    roc = next(page for page in plan.report.pages() if page["rule"] == "draw_roc")
    assert "SARM figure 9" in roc["caption"]
