"""Paths: patterns of the rules and files of the jobs from the same functions."""

import inspect

from darkpixel.pipeline.paths import Paths, download, model_files, trained_files

PATHS = Paths("demo")


def test_a_part_that_is_left_out_is_a_wildcard():
    assert PATHS.images("train") == "results/demo/data/{dataset}/{label}/train.h5"
    assert PATHS.images("test", "jets", "signal") == "results/demo/data/jets/signal/test.h5"
    assert (
        PATHS.samples() == "results/demo/samples/{dataset}/{label}/{model}/seed{seed}{snapshot}.h5"
    )
    assert PATHS.samples("jets", "signal", "lagan", 3, "-epoch5").endswith("/seed3-epoch5.h5")
    assert PATHS.shard("jets", "all", "lagan", 1, "", 2).endswith("/lagan/seed1.shard2.h5")
    assert download("lagan_jets", "h5") == "results/downloads/lagan_jets.h5"


def test_filling_a_pattern_gives_the_file():
    names = {"dataset": "jets", "label": "signal", "model": "m", "seed": "1", "snapshot": "",
             "shard": "0", "split": "test", "chunk": "4", "source": "lagan"}  # fmt: skip
    for function in (PATHS.images, PATHS.codes, PATHS.model, PATHS.samples, PATHS.shard,
                     PATHS.events, PATHS.quantised, PATHS.reconstructed, PATHS.labels,
                     PATHS.classifier, PATHS.scores):  # fmt: skip
        parameters = inspect.signature(function).parameters
        chosen = {name: names[name] for name in parameters}
        assert function().format(**names) == function(**chosen)


def test_everything_lies_in_the_runs_folder():
    for path in (
        PATHS.pileup(),
        PATHS.ssnet(1),
        PATHS.imported_ssnet(),
        PATHS.metrics("jets_speed"),
        PATHS.report(),
        PATHS.report_page(),
        PATHS.checkpoints("search/sarm"),
        PATHS.log("data/jets"),
        PATHS.benchmark("data/jets"),
        *PATHS.figure("sarm/fig01").values(),
        *PATHS.table("sarm/table1").values(),
    ):
        assert path.startswith("results/demo/")


def test_what_a_training_leaves_holds_what_a_model_is_read_from():
    assert model_files("folder").items() < trained_files("folder").items()
    assert trained_files("folder")["history"] == "folder/history.csv"
