"""The whole configuration of a run: the models that `config/*.yaml` are checked against."""

from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, field_validator, model_validator

from darkpixel.config.base import Settings
from darkpixel.config.data import ArgonData, Data, JetData
from darkpixel.config.evaluation import Evaluation
from darkpixel.config.training import Training


class Datasets(Settings):
    """The data sets of the run; null leaves one out."""

    jets: JetData | None = Field(
        None, description="jet images: W (signal) against QCD (background)"
    )
    lartpc: ArgonData | None = Field(
        None, description="liquid-argon images of single particles of five species"
    )
    lartpc_vertex: ArgonData | None = Field(
        None, description="liquid-argon images of several particles from one vertex, with labels"
    )

    @model_validator(mode="after")
    def _some_data(self) -> Self:
        if not self.present():
            raise ValueError("give at least one data set, jets or lartpc")
        return self

    def present(self) -> dict[str, Data]:
        """The data sets that are not left out, by name."""
        return {name: data for name, data in self if data is not None}


class Model(Settings):
    """One model, or one variant of a model. Its name is a model name in every path."""

    model: str = Field(description="file of src/darkpixel/models/ that builds it")
    autoencoder: str | None = Field(
        None,
        description="name of another entry, trained first on the images: this one is then trained "
        "on its codes",
    )
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: Training = Field(
        Training(), description="training keys that differ from the run's `training`"
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
    toy: Toy = Field(Toy(), description="figure 15 of the SARM paper")
    jobs: Jobs = Field(Jobs(), description="threads and GPUs of the jobs")

    @model_validator(mode="before")
    @classmethod
    def _share_training(cls, data: Any) -> Any:
        """Give every model the run's training keys, under its own."""
        if not isinstance(data, dict) or not isinstance(data.get("models"), dict):
            return data
        shared = data.get("training") or {}
        models = {
            name: {**entry, "training": {**shared, **(entry.get("training") or {})}}
            if isinstance(entry, dict) and isinstance(shared, dict)
            else entry
            for name, entry in data["models"].items()
        }
        return {**data, "models": models}

    @field_validator("models")
    @classmethod
    def _names_are_paths(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name in models:
            if not name.isidentifier():
                raise ValueError(f"model name '{name}' must be letters, digits and underscores")
            if name == "monte_carlo" or name.startswith(("quantised_", "reconstructed_")):
                raise ValueError(f"model name '{name}' is taken; choose another")
        return models
