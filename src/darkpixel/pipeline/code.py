"""The code that a job depends on: its script, what that imports, and what it finds by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from darkpixel.config.discovery import model_module
from darkpixel.config.run import Run
from darkpixel.metrics.names import trained
from darkpixel.pipeline.lartpc import LArTPC
from darkpixel.pipeline.provenance import PACKAGE, script_digest
from darkpixel.pipeline.trainings import Trainings


class Code:
    """Digests of the code behind the jobs of a run.

    Called with a rule's name, it gives the rule's param `code`: a function of the job's wildcards.

    Args:
        scripts: the folder of the rules' scripts, `{rule}.py` each.
        run, trainings, lartpc: where a job's models are named.
    """

    def __init__(self, scripts: Path, run: Run, trainings: Trainings, lartpc: LArTPC) -> None:
        self._scripts = scripts
        self._run = run
        self._trainings = trainings
        self._lartpc = lartpc

    def __call__(self, rule: str) -> Callable[[Any], str]:
        return lambda wildcards: script_digest(
            self.script(rule), *self.found_by_name(rule, wildcards)
        )

    def script(self, rule: str) -> Path:
        """The script of a rule."""
        return self._scripts / f"{rule}.py"

    def found_by_name(self, rule: str, wildcards: Any) -> list[str]:
        """Library modules that a job imports because the configuration names them."""
        run = self._run
        match rule:
            case "prepare_custom":
                return [f"datasets.{wildcards.dataset}"]
            case "train_model":
                place = (wildcards.dataset, wildcards.label, wildcards.model)
                monitor = self._trainings.monitor(*place)
                return [*_modules(self._model(wildcards.model)), *_monitors(monitor)]
            case (
                "encode_codes"
                | "sample_model"
                | "sample_whole"
                | "quantise_test"
                | "reconstruct_test"
            ):
                return _modules(self._model(wildcards.model))
            case "train_ssnet":
                return [*_modules(run.judges.ssnet.model), *_monitors("segmentation")]
            case "import_ssnet" | "label_images":
                return _modules(run.judges.ssnet.model)
            case "measure_codes":
                return _modules(*map(self._model, self._lartpc.priors))
            case "measure_speed" | "measure_likelihood":
                models = self._trainings.models(wildcards.dataset)
                return _modules(*map(self._model, models))
            case "pack_models":
                every = map(self._trainings.models, run.datasets.present())
                return _modules(*(self._model(model) for models in every for model in models))
            case "train_classifier":
                return _modules(run.judges.classifier.model)
            case "measure_two_sample":
                return _modules(run.evaluation.network(wildcards.dataset).model)
            case "search_hyperparameters":
                return _modules(self._model(run.studies[wildcards.study].model))
            case "measure_widths":
                return _modules(*([self._model(run.widths.model)] if run.widths else []))
        return []

    def _model(self, name: str) -> str:
        return self._run.models[trained(name)].model


def _modules(*models: str) -> list[str]:
    """The modules that build these models."""
    return sorted({model_module(model).removeprefix(f"{PACKAGE}.") for model in models})


def _monitors(name: str | None) -> list[str]:
    return [] if name is None else [f"training.monitors.{name}"]
