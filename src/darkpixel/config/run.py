"""The whole configuration of a run: the classes that `config/*.yaml` are checked against."""

from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PrivateAttr, field_validator, model_validator

from darkpixel.config.base import Settings, without_nulls
from darkpixel.config.classifier import ClassifierJudge
from darkpixel.config.data import Data, JetData, LArTPCData, MuonData
from darkpixel.config.evaluation import Evaluation
from darkpixel.config.labels import is_name
from darkpixel.config.names import MONTE_CARLO, QUANTISED, RECONSTRUCTED, SELECTED
from darkpixel.config.search import Search, Study, Widths
from darkpixel.config.speed import Speed
from darkpixel.config.training import Training

_SHARED_FOLDERS = ("cluster", "downloads", "gpu", "site")
"""Of results/: public files, and what `make` writes beside the runs."""


class Datasets(Settings):
    """The data sets of the run; null leaves one out."""

    jets: JetData | None = Field(
        None, description="jet images: W (signal) against QCD (background)"
    )
    muons: MuonData | None = Field(
        None, description="calorimeter images around muons: Z' (signal) against b quarks"
    )
    lartpc: LArTPCData | None = Field(
        None, description="liquid-argon images of single particles of five species"
    )
    lartpc_vertex: LArTPCData | None = Field(
        None,
        description="liquid-argon images of several particles from one vertex, with a label for "
        "each pixel; SSNet is trained on them",
    )

    _custom: dict[str, Data] = PrivateAttr(default_factory=dict)

    def present(self) -> dict[str, Data]:
        """The data sets that are not left out, by name; custom ones come last."""
        return {**{name: data for name, data in self if data is not None}, **self._custom}

    def add_custom(self, custom: dict[str, Data]) -> None:
        """Add custom data sets, by name (see `darkpixel.config.discovery`)."""
        self._custom.update(custom)

    @property
    def custom(self) -> tuple[str, ...]:
        """Names of the custom data sets."""
        return tuple(self._custom)

    @property
    def own(self) -> tuple[str, ...]:
        """The former name of `custom`, which the rules use."""
        return self.custom


class Variation(Settings):
    """What differs in a model on a data set, or on one label of it."""

    autoencoder: str | None = Field(None, description="as the model's")
    settings: dict[str, Any] = Field({}, description="keys that differ from the model's")
    training: Training = Field(Training(), description="keys that differ from the model's")


class Model(Settings):
    """One model. Its name in `models` stands for it in every path and table."""

    variant_of: str | None = Field(
        None,
        exclude=True,  # a rule's params and a model's config.yaml hold what came of it
        description="name of another entry: this one has all its keys, with those given here on "
        "top; looked up after the overlays are merged",
    )
    model: str = Field(
        description="file or folder of src/darkpixel/models/ that builds it; a variant has its "
        "base's"
    )
    autoencoder: str | None = Field(
        None,
        description="name of another entry, a VQ-VAE that is trained on the images first; this "
        "model is then trained on its codes",
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

    @field_validator(
        "where", mode="before", json_schema_input_type=dict[str, Variation | None] | None
    )
    @classmethod
    def _nulls_leave_out(cls, where: Any) -> Any:
        return {} if where is None else without_nulls(where)


class SSNet(Settings):
    """SSNet, the network that segments liquid-argon images into tracks and showers."""

    model: str = Field("ssnet", description="name in src/darkpixel/models/ of what builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: Training = Field(Training(), description="its training, on `lartpc_vertex`")
    weights: str | None = Field(
        None,
        description="a trained SSNet to use in place of training one: its folder, or the "
        ".safetensors file of its weights, and then `settings` are those of that network",
    )


class Judges(Settings):
    """Networks that evaluate images: SSNet and the classifier."""

    ssnet: SSNet = Field(
        SSNet(), description="segmentation network: labels pixels as track or shower"
    )
    classifier: ClassifierJudge = Field(
        ClassifierJudge(),
        description="classifier of signal against background, trained on the images of each model "
        "(SARM 8.6)",
    )


class Sampling(Settings):
    """Generated images."""

    images: int = Field(ge=2, description="images for each model and label")
    block_size: int = Field(
        1024, ge=1, description="images generated together, from one random stream"
    )
    shards: int = Field(
        1, ge=1, description="jobs for each model and label; any number gives the same images"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where to sample")


class Toy(Settings):
    """The two-dimensional Gaussian of SARM appendix 8.1 (figure 15)."""

    pairs: int = Field(1000, ge=10, description="training pairs (SARM 8.1)")
    iterations: int = Field(5000, ge=1, description="steps of maximum likelihood (SARM 8.1)")
    learning_rate: float = Field(0.01, gt=0, description="Adam's step size")


class Report(Settings):
    """The report of a run."""

    events: int = Field(
        200,
        ge=1,
        le=2000,
        description="events of each model and of the simulation in the event display: the first "
        "of their files",
    )


class Jobs(Settings):
    """What one job asks of the machine or the cluster."""

    training_threads: int = Field(
        1,
        ge=1,
        description="CPU threads of a training job, on any number of cores; another number gives "
        "other weights in their last bits",
    )
    sampling_threads: int = Field(
        1,
        ge=1,
        description="CPU cores of a sampling job, which share its blocks of images; any number "
        "gives the same images",
    )
    gpus: int = Field(
        1, ge=0, description="GPUs of a training or sampling job on a cluster; 0: CPU nodes only"
    )
    gres: str | None = Field(
        None,
        pattern=r"^[a-zA-Z0-9_]+(:[a-zA-Z0-9_.]+)?(:\d+)?$",
        description="what such a job asks for where Slurm wants `--gres` and not `--gpus`: "
        '"gpu:1", "gpu:a100:1"; takes the place of `gpus`',
    )


class Run(Settings):
    """Everything that a run needs; `config/config.yaml` plus overlays."""

    run: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        max_length=100,
        description="results go to results/{run}/",
    )
    seed: int = Field(1, ge=0, lt=2**31, description="root of every random number of the run")
    seeds: list[NonNegativeInt] = Field(
        [1], min_length=1, description="training runs of each model, one for each seed"
    )
    datasets: Datasets = Field(description="data sets of the run")
    models: dict[str, Model] = Field(description="models by name")
    training: Training = Field(Training(), description="training keys shared by all models")
    judges: Judges = Field(
        Judges(), description="networks that evaluate images: SSNet and the classifier"
    )
    sampling: Sampling = Field(description="generated images")
    evaluation: Evaluation = Field(Evaluation(), description="distances, tables and figures")
    search: Search = Field(Search(), description="search over architectures (SARM 8.6)")
    widths: Widths | None = Field(
        Widths(), description="speed by width of the upsampling layer (SARM 6.1.5); null: none"
    )
    speed: Speed = Field(Speed(), description="measurements of speed and likelihood")
    toy: Toy | None = Field(Toy(), description="figure 15 of the SARM paper; null: none")
    report: Report = Field(Report(), description="the report of the run")
    jobs: Jobs = Field(Jobs(), description="threads and GPUs of the jobs")

    @model_validator(mode="before")
    @classmethod
    def _complete_models(cls, data: Any) -> Any:
        """Put the run's training keys under each model's own, and these under its `where`."""
        if not isinstance(data, dict) or not isinstance(data.get("models"), dict):
            return data
        shared = {"training": data.get("training") or {}}
        models = {}
        for name, entry in data["models"].items():
            models[name] = whole = _under(shared, entry)
            if isinstance(entry, dict) and isinstance(entry.get("where"), dict):
                base = {key: whole[key] for key in Variation.model_fields if key in whole}
                places: dict[str, Any] = {}
                for place in sorted(entry["where"], key=str):  # a data set before its labels
                    parent = places.get(str(place).partition("/")[0], base)
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
        """The studies whose data set is in the run, with their label, by name."""
        labels = {name: data.labels for name, data in self.datasets.present().items()}
        studies = self.search.studies.items()
        return {name: s for name, s in studies if s.label in labels.get(s.dataset, ())}

    @field_validator("search", mode="before", json_schema_input_type=Search | None)
    @classmethod
    def _null_is_no_search(cls, search: Any) -> Any:
        return {} if search is None else search

    @field_validator("run")
    @classmethod
    def _folder_is_its_own(cls, run: str) -> str:
        if run.casefold() in _SHARED_FOLDERS:
            raise ValueError("results/ has a folder of that name that is no run's; choose another")
        return run

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed is a training run of its own; give different ones")
        return seeds

    @field_validator("models")
    @classmethod
    def _names_are_paths(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name in models:
            if not is_name(name):
                raise ValueError(f"model name {name!r} must be letters, digits and underscores")
            taken = name.startswith((QUANTISED, RECONSTRUCTED)) or name.endswith(SELECTED)
            if name == MONTE_CARLO or taken:
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
