"""What the report of a run shows."""

from pathlib import Path

from plans import make_plan

from darkpixel.config.names import MONTE_CARLO
from darkpixel.pipeline.provenance import folder_digest


def test_every_figure_and_table_has_a_caption_of_plain_words():
    plan = make_plan()
    pages = plan.report.pages()
    files = {file for page in pages for file in (f"{page['kind']}/{page['stem']}",)}
    assert {
        path.removeprefix("results/test/").rpartition(".")[0] for path in plan.targets()
    } == files
    for page in pages:
        assert len(page["caption"]) > 20, page
        assert not {"``", "::", ":ref:", "{{"} & set(page["caption"].split()), page


def test_each_data_set_is_explained_by_itself():
    pages = [page for page in make_plan().report.pages() if page["rule"] == "draw_data_statistics"]
    captions = {page["stem"]: page["caption"] for page in pages}
    assert len(captions) == len(set(captions.values())) == 4
    assert "SSNet is trained on them" in captions["data/lartpc_vertex_statistics"]


def test_events_are_the_test_images_and_those_of_every_model():
    plan = make_plan()
    events = plan.report.events()
    assert events.keys() == plan.datasets.keys()
    for dataset, labels in events.items():
        for label, sources in labels.items():
            assert list(sources) == [MONTE_CARLO, *plan.samples.of(dataset, label)]
            assert sources[MONTE_CARLO][0] == plan.paths.images("test", dataset, label)
    assert all(len(files) == 2 for files in events["lartpc"]["all"].values())  # SSNet's labels
    assert all(len(files) == 1 for files in events["jets"]["signal"].values())
    assert len(plan.report.event_files()) == len(set(plan.report.event_files()))


def test_without_the_papers_model_nothing_is_labelled_for_the_report():
    plan = make_plan(datasets={"lartpc": {"models": ["sarm1_dd"]}})
    assert all(len(files) == 1 for files in plan.report.events()["lartpc"]["all"].values())


def test_an_edited_style_makes_the_report_anew(tmp_path: Path):
    (tmp_path / "static").mkdir()
    style = tmp_path / "static/a.css"
    style.write_text("p {}")
    before = folder_digest(tmp_path)
    (tmp_path / "a.py").write_text("")  # Python counts by its syntax, elsewhere
    assert folder_digest(tmp_path) == before
    style.write_text("p { color: red }")
    assert folder_digest(tmp_path) != before
