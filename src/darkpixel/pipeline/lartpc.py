"""The study of liquid-argon images: its models, its segmentation network (SSNet), its labels."""

from typing import Any

from darkpixel.config.data import Symmetries
from darkpixel.config.discovery import model_settings
from darkpixel.config.names import RECONSTRUCTED
from darkpixel.config.run import Model, Run
from darkpixel.pipeline import datasets
from darkpixel.pipeline import paths as files
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.trainings import Trainings

MAIN = "vqvae_pixelcnn"
"""The paper's model."""
FEWER_CODES = "vqvae_pixelcnn_256"
"""The same with 256 code vectors instead of 512."""
REFERENCE_CODE = "vqvae_pixelcnn_reference_code"
"""The same as the authors' code has it, blind spot included."""

DATASET, LABEL = "lartpc", "all"


class LArTPC:
    """What the rules of liquid argon need of a run."""

    def __init__(self, run: Run, paths: Paths, trainings: Trainings) -> None:
        self._run = run
        self._paths = paths
        self._trainings = trainings

    @property
    def datasets(self) -> list[str]:
        """The liquid-argon data sets of the run."""
        return [name for name in datasets.LARTPC if name in self._run.datasets.present()]

    @property
    def studied(self) -> bool:
        """Whether the run has the images and the model of the LArTPC paper."""
        data = self._run.datasets.lartpc
        return data is not None and MAIN in data.models

    @property
    def source(self) -> str:
        """Where the images come from: simulate, download or file."""
        data = self._run.datasets.lartpc
        return "" if data is None else data.source

    @property
    def vertex_source(self) -> str:
        """Where the events of known labels come from."""
        data = self._run.datasets.lartpc_vertex
        return "" if data is None else data.source

    def entry(self, model: str) -> Model:
        """The configuration of a model as it is on the LArTPC images."""
        return self._trainings.entry(DATASET, LABEL, model)

    @property
    def models(self) -> list[str]:
        """All models of the LArTPC images; none without these."""
        return [] if self._run.datasets.lartpc is None else self._trainings.models(DATASET)

    @property
    def autoencoders(self) -> list[str]:
        """The autoencoders behind them."""
        return self._trainings.autoencoders(DATASET, LABEL)

    @property
    def priors(self) -> list[str]:
        """Models that are priors of codes."""
        return [model for model in self.models if self.entry(model).autoencoder]

    @property
    def conditioned(self) -> list[str]:
        """Models, with or without an autoencoder, that are told the species."""
        return [model for model in self.models if "species" in self._told(model)]

    @property
    def told_momentum(self) -> list[str]:
        """Those of `conditioned` that are told the momentum, too."""
        return [model for model in self.conditioned if "momentum" in self._told(model)]

    @property
    def sparse_transformers(self) -> list[str]:
        """Models that take one step per non-zero pixel."""
        return [model for model in self.models if self.entry(model).model == "sparse_transformer"]

    def _told(self, model: str) -> tuple[str, ...]:
        entry = self.entry(model)
        return model_settings(entry.model).conditioned_on(entry.settings)

    @property
    def autoencoder(self) -> str:
        """The autoencoder of the paper's model."""
        name = self.entry(MAIN).autoencoder
        assert name is not None
        return name

    @property
    def over_same_codes(self) -> list[str]:
        """The priors of that autoencoder's codes: what differs is the prior alone."""
        return [
            model
            for model in self.priors
            if self.entry(model).autoencoder == self.autoencoder
            and model not in self.conditioned  # their -log p is given more
        ]

    @property
    def with_reconstructed(self) -> list[str]:
        """The reconstructions by that autoencoder, then all models."""
        return [f"{RECONSTRUCTED}{self.autoencoder}", *self.models]

    @property
    def prior_of(self) -> dict[str, str]:
        """Autoencoder to the prior whose -log p is taken: the first of the list that uses it."""
        found = {}
        for model in reversed(self.priors):
            autoencoder = self.entry(model).autoencoder
            assert autoencoder is not None
            found[autoencoder] = model
        return found

    def folder(self, model: str, seed: int) -> str:
        """The folder of a trained model."""
        return self._paths.model(DATASET, LABEL, model, seed)

    def configs(self, models: list[str]) -> dict[str, str]:
        """Model to the configuration with which it was trained, of the first seed."""
        first = self._run.seeds[0]
        return {model: files.model_files(self.folder(model, first))["config"] for model in models}

    def code_folders(self) -> dict[str, str]:
        """Params: autoencoder to the folder of its code maps."""
        return {
            model: self._paths.code_folder(DATASET, LABEL, model) for model in self.autoencoders
        }

    def coded(self, split: str) -> list[str]:
        """Input: the code maps of a split, by each autoencoder."""
        return [self._paths.codes(split, DATASET, LABEL, model) for model in self.autoencoders]

    def reconstructed(self, model: str) -> str:
        """The test images through an autoencoder."""
        return self._paths.reconstructed(DATASET, LABEL, model, self._run.seeds[0])

    def trained_priors(self) -> list[tuple[str, str, int, str]]:
        """Params: model, its autoencoder, seed and folder of every prior."""
        return [
            (model, self.entry(model).autoencoder or "", seed, self.folder(model, seed))
            for model in self.priors
            for seed in self._run.seeds
        ]

    def snapshots(self, model: str) -> list[int]:
        """The epochs of which a model's weights are kept."""
        return self.entry(model).training.snapshots

    def samples(self, model: str) -> str:
        """The images of a model, of the first seed."""
        return self._paths.samples(DATASET, LABEL, model, self._run.seeds[0], "")

    def labels(self, source: str) -> str:
        """SSNet's labels of LArTPC images: of `test`, or of a model and a seed."""
        return self._paths.labels(DATASET, LABEL, source)

    def sample_labels(self, model: str) -> list[str]:
        """SSNet's labels of a model's images, one file a seed."""
        return [self.labels(f"{model}/seed{seed}") for seed in self._run.seeds]

    def snapshot_labels(self, model: str) -> dict[str, list[str]]:
        """Snapshot, called `{model}-epoch{epoch}`, to the labels of its images, one a seed.

        The last epoch's are those of the trained model itself.
        """
        return {
            f"{model}-epoch{epoch}": [
                self._labels_after(model, seed, epoch) for seed in self._run.seeds
            ]
            for epoch in self.snapshots(model)
        }

    def _labels_after(self, model: str, seed: int, epoch: int) -> str:
        training = self.entry(model).training
        whole = training.keep == "last" and training.early_stopping is None
        last = whole and epoch == training.epochs
        return self.labels(f"{model}/seed{seed}" if last else f"{model}/seed{seed}-epoch{epoch}")

    def labelled(self) -> list[tuple[str, int, str]]:
        """Params: model, seed and labels of all images that are compared with the test images.

        Reconstructions belong to the autoencoder.
        """
        found = []
        for model in self.models:
            for seed in self._run.seeds:
                for epoch in self.snapshots(model):
                    path = self._labels_after(model, seed, epoch)
                    found.append((f"{model}-epoch{epoch}", seed, path))
                found.append((model, seed, self.labels(f"{model}/seed{seed}")))
        first = self._run.seeds[0]
        derived = [f"{RECONSTRUCTED}{model}" for model in self.autoencoders]
        return found + [(name, first, self.labels(f"{name}/seed{first}")) for name in derived]

    def generated(self) -> list[tuple[str, int, str]]:
        """Params: model, seed and images of all that are compared with the test images.

        Reconstructions belong to the autoencoder.
        """
        if self._run.datasets.lartpc is None:
            return []
        found = [
            (model, seed, self._paths.samples(DATASET, LABEL, model, seed, ""))
            for model in self.models
            for seed in self._run.seeds
        ]
        first = self._run.seeds[0]
        derived = [(f"{RECONSTRUCTED}{name}", name) for name in self.autoencoders]
        return found + [(name, first, self.reconstructed(model)) for name, model in derived]

    def images_to_label(self, dataset: str, label: str, source: str) -> str:
        """Input: the images that SSNet labels as `source`."""
        if source == "test":
            return self._paths.images("test", dataset, label)
        return self._paths.samples_by(dataset, label, source)

    def ssnet(self) -> dict[str, str]:
        """Input: weights and configuration of SSNet, the user's own or trained here."""
        given = self._run.judges.ssnet.weights
        if given is None:
            return files.model_files(self._paths.ssnet(self._run.seeds[0]))
        imported = given.endswith(".safetensors")
        return files.model_files(self._paths.imported_ssnet() if imported else given)

    def ssnet_settings(self) -> dict[str, Any]:
        """Params: the settings with which SSNet is built."""
        return {"model": self._run.judges.ssnet.model, **self._run.judges.ssnet.settings}

    def ssnet_symmetries(self) -> Symmetries:
        """Params: the symmetries by which SSNet's training images are turned."""
        images = self._run.datasets.lartpc_vertex
        if images is None or not self._run.judges.ssnet.training.symmetries:
            return "none"
        return images.image_symmetries

    def ssnet_images(self) -> dict[str, Any]:
        """Params: the images of an imported SSNet: on the scale of `lartpc`, where it is used."""
        data = self._run.datasets.lartpc
        if data is None:
            return {}
        return {
            "dataset": "lartpc_vertex",
            "label": "all",
            "pixel_size": data.simulation.pixel_size,
            "unit": "0.255 MeV",
            "pixels": data.imaging.pixels,
        }
