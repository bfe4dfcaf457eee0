"""Labels of own files that the shipped configuration does not know, and the command line."""

import pytest
from overlays import loaded, problem
from repository import CONFIG

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.errors import DarkpixelError

OWN_LABELS = """
run: mine
datasets:
  jets:
    source: file
    file: {w: w.h5, qcd: qcd.h5}
    images: {train: 100, validation: 40, test: 100}
    models: [sarm2_dd]
models: {sarm2_dd: {where: {jets/signal: {training: {epochs: 3}}}}}
"""


def test_what_hangs_on_a_label_that_own_files_lack_is_left_out(tmp_path, caplog):
    """With a line, where a study is named; the user never wrote its `label: signal`."""
    assert loaded(tmp_path, OWN_LABELS).studies == {}
    assert caplog.records == []
    run = loaded(tmp_path, OWN_LABELS + "search: {studies: {sarm: {trials: 3}}}")
    assert run.studies == {}
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "search.studies.sarm: left out"
    ]
    assert "datasets.jets has no label 'signal' (it has w, qcd)" in caplog.text
    assert set(loaded(tmp_path, OWN_LABELS + "search: {studies: {sarm: {label: w}}}").studies) == {
        "sarm"
    }
    message = problem(tmp_path, OWN_LABELS + "search: {studies: {sarm: {label: q}}}")
    assert "mine.yaml: search.studies.sarm.label: unknown label 'q'" in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"run": 20241}, "--config: run: found 20241; input should be a valid string; put it in q"),
        ({"seed": -1}, "--config: seed: found -1; "),
        ({"training": {"epochs": 0}}, "--config: training.epochs: found 0; "),
    ],
)
def test_a_value_of_the_command_line_is_not_blamed_on_a_file(change, expected):
    """Snakemake reads `--config run=2024_1` as the number 20241."""
    files = [CONFIG / "config.yaml"]
    content = read_yaml(*files)
    for key, value in change.items():
        content[key] = {**content[key], **value} if isinstance(value, dict) else value
    with pytest.raises(DarkpixelError) as caught:
        load_run(content, files)
    assert str(caught.value).startswith(expected)
