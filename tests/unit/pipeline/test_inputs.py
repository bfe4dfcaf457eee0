"""What the jobs of a run take: events, training runs, samples, the liquid-argon study."""

from pathlib import Path

import pytest
from odd_names import COLON, REFUSED
from plans import make_plan

from darkpixel.config.names import JOINT
from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.checks import check_path


@pytest.fixture(scope="module")
def plan():
    return make_plan()


class TestEvents:
    def test_chunks_hold_all_events_and_the_last_what_is_left(self, plan):
        # 160 + 40 + 100 images in chunks of 200.
        assert plan.events.chunks("jets", "signal") == [
            f"results/test/events/jets/signal/chunk{chunk}.h5" for chunk in (0, 1)
        ]
        assert [plan.events.in_chunk("jets", "signal", chunk) for chunk in ("0", "1")] == [200, 100]

    def test_more_muons_of_the_signal_are_made_than_matching_keeps(self, plan):
        wanted = plan.datasets["muons"].images.total
        assert plan.events.count("muons", "background") == wanted
        assert plan.events.count("muons", "signal") == 2 * wanted
        plain = make_plan(datasets={"muons": {"match_pt": False}})
        assert plain.events.count("muons", "signal") == wanted
        assert plain.events.muon_reference("signal") == []
        assert plan.events.muon_reference("signal") == plan.events.chunks("muons", "background")
        assert plan.events.muon_reference("background") == []

    def test_no_pool_without_pileup(self, plan):
        assert plan.events.pileup() == ["results/test/events/muons/pileup.h5"]
        simulation = {"simulation": {"pileup": 0}}
        assert make_plan(datasets={"muons": simulation}).events.pileup() == []

    def test_public_files_are_shared_by_all_runs(self):
        plan = make_plan(datasets={"jets": {"source": "download", "download": "lagan_jets"}})
        assert plan.events.raw("jets", "signal") == plan.events.raw("jets", "background")
        assert plan.events.raw("jets", "signal")[0].startswith("results/downloads/lagan_jets.")
        assert plan.events.downloads("jets") == ["lagan_jets"]

    def test_own_files_stand_beside_each_other(self, tmp_path):
        files = {label: str(tmp_path / f"{label}.h5") for label in ("w", "qcd", "top")}
        for path in files.values():
            Path(path).touch()
        plan = make_plan(
            datasets={"jets": {"source": "file", "file": files}, "muons": None},
            search={"studies": {"sarm": None, "pixelcnnpp": None}},
        )
        assert plan.events.raw("jets", "w") == [files["w"]]
        assert plan.events.beside("jets", "w") == [files["qcd"], files["top"]]

    @pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.what)
    def test_paths_that_are_refused_in_one_line(self, tmp_path, monkeypatch, case):
        folder = tmp_path / case.name
        folder.mkdir()
        shown = folder.as_posix().encode("unicode_escape", "surrogatepass").decode()
        files = {"w": str(folder / "w.h5")}
        with pytest.raises(DarkpixelError) as error:
            make_plan(datasets={"jets": {"source": "file", "file": files}})
        assert str(error.value).startswith(f"datasets.jets.file.w: {shown}/w.h5 {case.outcome}")
        assert str(error.value).isprintable()
        monkeypatch.chdir(folder)
        with pytest.raises(DarkpixelError) as error:
            make_plan()
        assert str(error.value).startswith(f"folder of the results: {shown} {case.outcome}")

    def test_a_colon_parts_the_folders_of_modules(self, tmp_path):
        """A folder of results, or a file, may have one."""
        check_path("folder of the results", tmp_path / COLON.name)
        with pytest.raises(DarkpixelError, match=COLON.outcome):
            check_path("folder of the project", tmp_path / COLON.name, on_search_path=True)


class TestTrainings:
    def test_a_joint_model_is_trained_once_and_its_samples_stay_per_label(self, plan):
        folders = {
            plan.trainings.folder("jets", label, "lagan", 1) for label in ("signal", "background")
        }
        assert folders == {f"results/test/models/jets/{JOINT}/lagan/seed1"}
        assert plan.trainings.folder("jets", "signal", "sarm2_dd", 1).endswith(
            "jets/signal/sarm2_dd/seed1"
        )

    def test_a_prior_takes_codes_and_the_autoencoder_of_the_first_seed(self):
        plan = make_plan(seeds=[4, 5])
        inputs = plan.trainings.inputs("lartpc", "all", "vqvae_pixelcnn")
        assert inputs["train"] == "results/test/codes/lartpc/all/vqvae/train.h5"
        assert inputs["autoencoder"].endswith("lartpc/all/vqvae/seed4/model.safetensors")
        assert plan.trainings.seeds("vqvae") == [4]
        assert plan.trainings.seeds("vqvae_pixelcnn") == [4, 5]
        assert set(plan.trainings.inputs("jets", "signal", "sarm2_dd")) == {"train", "validation"}

    def test_images_are_turned_where_the_training_says_so_and_codes_never(self):
        plan = make_plan()
        assert plan.trainings.symmetries("lartpc", "all", "vqvae") == "none"
        plan = make_plan(
            training={"symmetries": True}, judges={"ssnet": {"training": {"symmetries": True}}}
        )
        assert plan.trainings.symmetries("lartpc", "all", "vqvae") == "square"
        assert plan.trainings.symmetries("lartpc", "all", "vqvae_pixelcnn") == "none"
        assert plan.trainings.symmetries("muons", "signal", "sarm2_dd") == "mirrors"
        assert plan.trainings.symmetries("jets", "signal", "sarm2_dd") == "none"
        assert plan.lartpc.ssnet_symmetries() == "square"

    def test_monitors(self, plan):
        assert plan.trainings.monitor("jets", "signal", "sarm2_dd") == "observables"
        assert plan.trainings.monitor("lartpc", "all", "vqvae") == "codebook"
        assert plan.trainings.monitor("lartpc", "all", "vqvae_pixelcnn") is None
        silent = make_plan(training={"monitor_images": 0})
        assert silent.trainings.monitor("jets", "signal", "sarm2_dd") is None

    def test_histories_of_joint_models_stand_under_joint(self, plan):
        histories = plan.trainings.histories("muons")
        assert set(histories) == {"signal", "background", JOINT}
        assert set(histories[JOINT]) == {"lagan"}
        assert "lagan" not in histories["signal"]
        facts = plan.trainings.followed("lartpc")
        assert facts["autoencoders"]["all"]["vqvae_pixelcnn"] == "vqvae"
        assert facts["kept"]["all"]["vqvae"] == "best"
        assert {path for model in histories[JOINT].values() for path in model} < set(
            plan.trainings.history_files("muons")
        )


class TestSamples:
    def test_no_more_shards_than_blocks(self):
        plan = make_plan(sampling={"shards": 5, "images": 64, "block_size": 32})
        assert plan.samples.shards("jets") == 2
        assert plan.samples.shards("lartpc") == 1  # 24 images
        assert plan.samples.sharded(True) == ["jets", "muons", "lartpc_vertex"]
        assert len(plan.samples.shard_files("jets", "signal", "lagan", "1", "")) == 2

    def test_the_best_that_a_model_can_do(self):
        plan = make_plan(datasets={"muons": {"models": ["lagan", "sarm2_dd", "vqvae_pixelcnn"]}})
        limits = plan.samples.limits("muons", "signal")
        assert limits == {
            "sarm2_dd": "quantised_sarm2_dd",
            "vqvae_pixelcnn": "reconstructed_vqvae",
        }
        assert set(plan.samples.quantised("muons", "signal")) == set(limits.values())
        names = list(plan.samples.with_quantised("muons", "signal"))
        assert set(names) == {*plan.datasets["muons"].models, *limits.values()}
        assert names.index("quantised_sarm2_dd") == names.index("sarm2_dd") + 1

    def test_selected_images_are_those_of_the_trained_model(self, plan):
        model, chosen = "sarm2_dd", "sarm2_dd_selected"
        assert list(plan.samples.of("jets", "signal"))[-1] == chosen
        assert list(plan.samples.of("muons", "signal"))[-1] == "sarm2_dd"
        whole = plan.samples.inputs("jets", "signal", chosen, "1")
        assert whole.pop("train") == plan.samples.train("jets")["signal"]
        assert whole == plan.samples.inputs("jets", "signal", model, "1")
        found = plan.samples.selection("jets", chosen)
        assert found == {"pt": 10.0, "mass": 10.0, "redraws": 3}
        assert plan.samples.selection("jets", model) == {}
        limits = plan.samples.limits("jets", "signal")
        assert limits[chosen] == limits[model] == "quantised_sarm2_dd"

    def test_selected_images_are_classified_and_timed_but_neither_trained_nor_scored(self, plan):
        comparisons, chosen = plan.comparisons, "sarm2_dd_selected"
        assert chosen in comparisons.classifier_sources("jets")
        assert chosen in [model for model, *_ in comparisons.timed_models("jets")]
        assert comparisons.timed_training("jets") == [plan.samples.train("jets")["signal"]]
        assert comparisons.timed_training("muons") == []
        assert chosen in comparisons.configs("jets")
        assert chosen not in comparisons.trained_configs("jets")
        assert chosen not in [model for model, *_ in comparisons.scored_models("jets")]
        assert chosen not in plan.trainings.histories("jets")["signal"]

    def test_a_model_that_the_data_set_lacks_is_not_selected(self):
        plan = make_plan(datasets={"jets": {"models": ["lagan"]}})
        assert list(plan.samples.of("jets", "signal")) == ["lagan"]
        assert plan.comparisons.timed_training("jets") == []

    def test_simulated_images_come_first(self, plan):
        compared = plan.samples.compared("jets", ["lagan"])
        assert list(compared["signal"]) == ["monte_carlo", "lagan"]


class TestLArTPC:
    def test_the_last_snapshot_is_the_trained_model(self, plan):
        labels = plan.lartpc.snapshot_labels("vqvae_pixelcnn")
        assert list(labels) == ["vqvae_pixelcnn-epoch1", "vqvae_pixelcnn-epoch2"]
        assert labels["vqvae_pixelcnn-epoch1"][0].endswith("seed1-epoch1.h5")
        assert labels["vqvae_pixelcnn-epoch2"] == plan.lartpc.sample_labels("vqvae_pixelcnn")

    def test_with_early_stopping_the_last_snapshot_is_not(self):
        stopped = {"vqvae_pixelcnn": {"training": {"early_stopping": 3}}}
        labels = make_plan(models=stopped).lartpc.snapshot_labels("vqvae_pixelcnn")
        assert labels["vqvae_pixelcnn-epoch2"][0].endswith("seed1-epoch2.h5")

    def test_priors_of_the_same_codes_are_compared_unless_told_the_species(self, plan):
        models = [*plan.lartpc.models, "vqvae_pixelcnn_species"]
        plan = make_plan(datasets={"lartpc": {"models": models}})
        assert plan.lartpc.over_same_codes == ["vqvae_pixelcnn", "vqvae_pixelcnn_reference_code"]
        told = ["sparse_transformer_conditional", "vqvae_pixelcnn_species"]
        assert plan.lartpc.conditioned == told
        assert plan.lartpc.prior_of == {
            "vqvae": "vqvae_pixelcnn",
            "vqvae_256": "vqvae_pixelcnn_256",
        }

    def test_reconstructions_are_labelled_too(self, plan):
        sources = [model for model, _, _ in plan.lartpc.labelled()]
        assert sources[-2:] == ["reconstructed_vqvae", "reconstructed_vqvae_256"]

    def test_ssnet_is_trained_imported_or_taken(self, plan, tmp_path):
        assert plan.lartpc.ssnet()["weights"].endswith("judges/ssnet/seed1/model.safetensors")
        weights = tmp_path / "mine.safetensors"
        weights.touch()
        imported = make_plan(judges={"ssnet": {"weights": str(weights)}})
        assert imported.lartpc.ssnet()["config"].endswith("judges/ssnet/imported/config.yaml")
        for name in ("model.safetensors", "config.yaml"):
            (tmp_path / name).touch()
        taken = make_plan(judges={"ssnet": {"weights": str(tmp_path)}})
        assert taken.lartpc.ssnet()["config"] == f"{tmp_path}/config.yaml"


class TestComparisons:
    def test_liquid_argon_is_tested_in_tables_of_its_own(self, plan):
        comparisons = plan.comparisons
        assert comparisons.compared == ["jets", "muons", "lartpc"]
        assert comparisons.calorimetric == comparisons.timed == ["jets", "muons"]
        assert comparisons.tested("sarm") == ["jets", "muons"]
        assert comparisons.tested("lartpc") == ["lartpc"]
        assert make_plan(datasets={"lartpc": {"models": []}}).comparisons.tested("lartpc") == []
        assert comparisons.threshold("lartpc") == plan.run.evaluation.lartpc.threshold
        assert comparisons.threshold("jets") is None

    def test_every_source_gives_as_many_images_as_the_poorest(self, plan):
        assert plan.comparisons.classifier_numbers("jets")["images"] == 60  # the configuration's
        unlimited = make_plan(judges={"classifier": {"images": None}})
        assert unlimited.comparisons.classifier_numbers("jets")["images"] == 64  # samples
        assert unlimited.comparisons.classifier_sources("jets")[0] == "monte_carlo"

    def test_weights_are_named_once(self, plan):
        weights = plan.comparisons.scored_weights("muons")
        assert len(weights) == len(set(weights))
        assert sum(JOINT in path for path in weights) == 1

    def test_only_simulations_are_timed(self, plan):
        given = make_plan(datasets={"jets": {"source": "download"}})
        assert given.comparisons.timed_simulation("jets") == {"labels": ()}
        assert plan.comparisons.timed_simulation("lartpc")["labels"] == ("all",)
        assert plan.comparisons.timed_simulation("jets")["labels"] == ("signal", "background")
        assert plan.comparisons.pileup("jets") == []
        assert plan.comparisons.pileup("muons") == ["results/test/events/muons/pileup.h5"]
