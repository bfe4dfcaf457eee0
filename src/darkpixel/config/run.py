"""The whole configuration of a run: the models that `config/*.yaml` are checked against."""

from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PrivateAttr, field_validator, model_validator

from darkpixel.config.base import Settings
from darkpixel.config.classifier import ClassifierJudge
from darkpixel.config.data import ArgonData, Data, JetData, MuonData
from darkpixel.config.evaluation import Evaluation
from darkpixel.config.search import Search, Study, Widths
from darkpixel.config.speed import Speed
from darkpixel.config.training import Training


class Datasets(Settings):
    """The data sets of the run; null leaves one out."""

    jets: JetData | None = Field(
        None, description="jet images: W (signal) against QCD (background)"
    )
    muons: MuonData | None = Field(
        None, description="calorimeter images around muons: Z' (signal) against b quarks"
    )
    lartpc: ArgonData | None = Field(
        None, description="liquid-argon images of single particles of five species"
    )
    lartpc_vertex: ArgonData | None = Field(
        None, description="liquid-argon images of several particles from one vertex, with labels"
    )

    _own: dict[str, Data] = PrivateAttr(default_factory=dict)

    def present(self) -> dict[str, Data]:
        """The data sets that are not left out, by name; those of one file come last."""
        return {**{name: data for name, data in self if data is not None}, **self._own}

    def add_own(self, own: dict[str, Data]) -> None:
        """Add data sets of one file each in `darkpixel/datasets` (see `darkpixel.config.discovery`)."""
        self._own.update(own)

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the data sets of one file."""
        return tuple(self._own)


class Variation(Settings):
    """What differs of a model on a data set, or on one label of it."""

    autoencoder: str | None = Field(None, description="as that of the model")
    settings: dict[str, Any] = Field({}, description="keys that differ from the model's")
    training: Training = Field(Training(), description="keys that differ from the model's")


class Model(Settings):
    """One model, or one variant of a model. Its name is a model name in every path."""

    variant_of: str | None = Field(
        None,
        exclude=True,  # a rule's params and a model's config.yaml hold what came of it
        description="name of another entry, whose keys this one has too, all but those that it "
        "gives itself; resolved after the overlays are merged",
    )
    model: str = Field(
        description="file or folder of src/darkpixel/models/ that builds it; a variant has its "
        "base's"
    )
    autoencoder: str | None = Field(
        None,
        description="name of another entry, trained first on the images: this one is then trained "
        "on its codes",
    )
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: Training = Field(
        Training(), description="training keys that differ from the run's `training`"
    )
    where: dict[str, Variation] = Field(
        {},
        description="what differs on a data set (`muons`) or on one label of it (`muons/signal`): "
        "`autoencoder`, `settings`, `training`",
    )


class SSNet(Settings):
    """The judge of liquid-argon images: a track/shower segmentation network."""

    model: str = Field("ssnet", description="file of src/darkpixel/models/ that builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: Training = Field(Training(), description="its training, on `lartpc_vertex`")
    weights: str | None = Field(
        None,
        description="a trained SSNet to use instead of training one: its folder, or a .safetensors "
        "file of its weights, with `settings` those of that network",
    )


class Judges(Settings):
    """Networks that judge images."""

    ssnet: SSNet = Field(SSNet(), description="labels tracks and showers")
    classifier: ClassifierJudge = Field(
        ClassifierJudge(),
        description="tells signal from background; trained on the images of each model (SARM 8.6)",
    )


class Sampling(Settings):
    """Generated images."""

    images: int = Field(ge=2, description="images per model and label")
    block_size: int = Field(
        1024, ge=1, description="images generated at once, from one random stream"
    )
    shards: int = Field(
        1, ge=1, description="jobs per model and label; any number gives the same images"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where to sample")


class Toy(Settings):
    """The two-dimensional Gaussian of SARM appendix 8.1 (figure 15)."""

    pairs: int = Field(1000, ge=10, description="training pairs (SARM 8.1)")
    iterations: int = Field(5000, ge=1, description="steps of maximum likelihood (SARM 8.1)")
    learning_rate: float = Field(0.01, gt=0, description="Adam's step size")


class Jobs(Settings):
    """What one job asks of the machine or the cluster."""

    training_threads: int = Field(1, ge=1, description="CPU threads of a training job")
    sampling_threads: int = Field(1, ge=1, description="CPU threads of a sampling job")
    gpus: int = Field(
        1, ge=0, description="GPUs that training and sampling ask of a cluster; 0: CPU nodes only"
    )


class Run(Settings):
    """Everything that a run needs; `config/config.yaml` plus overlays."""

    run: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="results go to results/{run}/"
    )
    seed: int = Field(1, ge=0, lt=2**31, description="root of every random number of the run")
    seeds: list[NonNegativeInt] = Field(
        [1], min_length=1, description="trainings per model, one seed each"
    )
    datasets: Datasets = Field(description="data sets of the run")
    models: dict[str, Model] = Field(description="models by name")
    training: Training = Field(Training(), description="training keys shared by all models")
    judges: Judges = Field(Judges(), description="networks that judge images")
    sampling: Sampling = Field(description="generated images")
    evaluation: Evaluation = Field(Evaluation(), description="measures, tables and figures")
    search: Search = Field(Search(), description="search over architectures (SARM 8.6)")
    widths: Widths = Field(
        Widths(), description="speed by width of the upsampling layer (SARM 6.1.5)"
    )
    speed: Speed = Field(Speed(), description="measurement of speed and likelihood")
    toy: Toy = Field(Toy(), description="figure 15 of the SARM paper")
    jobs: Jobs = Field(Jobs(), description="threads and GPUs of the jobs")

    @model_validator(mode="before")
    @classmethod
    def _complete_models(cls, data: Any) -> Any:
        """Give every model the run's training keys, under its own, and complete its variations."""
        if not isinstance(data, dict) or not isinstance(data.get("models"), dict):
            return data
        shared = {"training": data.get("training") or {}}
        models = {}
        for name, entry in data["models"].items():
            models[name] = whole = _under(shared, entry)
            if isinstance(entry, dict) and isinstance(entry.get("where"), dict):
                base = {key: whole[key] for key in Variation.model_fields if key in whole}
                places: dict[str, Any] = {}
                for place in sorted(entry["where"]):  # a data set before its labels
                    parent = places.get(place.partition("/")[0], base)
                    places[place] = _under(parent, entry["where"][place])
                models[name] = {**whole, "where": places}
        return {**data, "models": models}

    def model(self, name: str, dataset: str, label: str | None = None) -> Model:
        """The entry of that name as it is on a data set, or on one label of it."""
        entry = self.models[name]
        differs = entry.where.get(f"{dataset}/{label}", entry.where.get(dataset))
        return entry if differs is None else Model(model=entry.model, **dict(differs))

    @property
    def studies(self) -> dict[str, Study]:
        """The studies whose data set is in the run, by name."""
        present = self.datasets.present()
        return {name: s for name, s in self.search.studies.items() if s.dataset in present}

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed is a training of its own; give different ones")
        return seeds

    @field_validator("models")
    @classmethod
    def _names_are_paths(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name in models:
            if not name.isidentifier():
                raise ValueError(f"model name '{name}' must be letters, digits and underscores")
            if name == "monte_carlo" or name.startswith(("quantised_", "reconstructed_")):
                raise ValueError(f"model name '{name}' is taken; choose another")
        return models


def _under(base: Any, entry: Any) -> Any:
    """`entry` with the keys of `base` that it lacks, also within `settings` and `training`."""
    if not isinstance(base, dict) or not isinstance(entry, dict):
        return entry
    merged = {**base, **entry}
    for key in ("settings", "training"):
        under, over = base.get(key) or {}, entry.get(key) or {}
        if isinstance(under, dict) and isinstance(over, dict) and (under or over):
            merged[key] = {**under, **over}
    return merged
