"""Every path under results/, in one place.

What a path holds for a certain data set, label, model, ... is an argument. Left out, it is the
wildcard of that name, so that the same functions give the patterns of the rules' outputs and the
files that other rules take: `paths.images("train")` is
`results/demo/data/{dataset}/{label}/train.h5`, and `paths.images("train", "jets", "signal")` is
one file of it.
"""

from dataclasses import dataclass

from darkpixel.config.names import QUANTISED, RECONSTRUCTED

PUBLISHED = "config/published.yaml"
SOURCES = "config/sources.yaml"


def download(source: str = "{source}", suffix: str = "{suffix}") -> str:
    """A public file, shared by all runs."""
    return f"results/downloads/{source}.{suffix}"


def trained_files(folder: str) -> dict[str, str]:
    """What a training leaves in its folder."""
    return model_files(folder) | {"history": f"{folder}/history.csv"}


def model_files(folder: str) -> dict[str, str]:
    """What a model is read from: its weights and its configuration."""
    return {"weights": f"{folder}/model.safetensors", "config": f"{folder}/config.yaml"}


@dataclass(frozen=True)
class Paths:
    """The paths of one run.

    Args:
        run: its name, the key `run` of the configuration.
    """

    run: str

    @property
    def results(self) -> str:
        """The run's folder."""
        return f"results/{self.run}"

    def record(self) -> str:
        """What made the run's results (`darkpixel.pipeline.run_record`)."""
        return f"{self.results}/run.yaml"

    def events(
        self, dataset: str = "{dataset}", label: str = "{label}", chunk: int | str = "{chunk}"
    ) -> str:
        """One chunk of simulated events."""
        return f"{self.results}/events/{dataset}/{label}/chunk{chunk}.h5"

    def pileup(self) -> str:
        """The soft collisions from which the muons' pile-up is drawn."""
        return f"{self.results}/events/muons/pileup.h5"

    def images(
        self, split: str = "{split}", dataset: str = "{dataset}", label: str = "{label}"
    ) -> str:
        """The images of one split."""
        return f"{self.results}/data/{dataset}/{label}/{split}.h5"

    def codes(
        self,
        split: str = "{split}",
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
    ) -> str:
        """The code maps of one split, by an autoencoder."""
        return f"{self.code_folder(dataset, label, model)}/{split}.h5"

    def code_folder(self, dataset: str, label: str, model: str) -> str:
        """The code maps of all splits."""
        return f"{self.results}/codes/{dataset}/{label}/{model}"

    def model(
        self,
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
        seed: int | str = "{seed}",
    ) -> str:
        """The folder of a trained model."""
        return f"{self.results}/models/{dataset}/{label}/{model}/seed{seed}"

    def samples(
        self,
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
        seed: int | str = "{seed}",
        snapshot: str = "{snapshot}",
    ) -> str:
        """Generated images; of a snapshot with "-epoch5", for example, else with ""."""
        return self.samples_by(dataset, label, f"{model}/seed{seed}{snapshot}")

    def samples_by(self, dataset: str, label: str, source: str) -> str:
        """Generated images, of `{model}/seed{seed}` for example."""
        return f"{self.results}/samples/{dataset}/{label}/{source}.h5"

    def shard(
        self,
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
        seed: int | str = "{seed}",
        snapshot: str = "{snapshot}",
        shard: int | str = "{shard}",
    ) -> str:
        """A part of the generated images."""
        whole = self.samples(dataset, label, model, seed, snapshot)
        return f"{whole.removesuffix('.h5')}.shard{shard}.h5"

    def quantised(
        self,
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
        seed: int | str = "{seed}",
    ) -> str:
        """The test images on the grid of a model with discrete pixel values."""
        return self.samples(dataset, label, f"{QUANTISED}{model}", seed, "")

    def reconstructed(
        self,
        dataset: str = "{dataset}",
        label: str = "{label}",
        model: str = "{model}",
        seed: int | str = "{seed}",
    ) -> str:
        """The test images as an autoencoder gives them back."""
        return self.samples(dataset, label, f"{RECONSTRUCTED}{model}", seed, "")

    def ssnet(self, seed: int | str = "{seed}") -> str:
        """The folder of a segmentation network (SSNet) that is trained here."""
        return f"{self.results}/judges/ssnet/seed{seed}"

    def imported_ssnet(self) -> str:
        """The folder of a segmentation network whose weights are given."""
        return f"{self.results}/judges/ssnet/imported"

    def labels(
        self, dataset: str = "{dataset}", label: str = "{label}", source: str = "{source}"
    ) -> str:
        """SSNet's labels of images: of `test`, or of `{model}/seed{seed}`."""
        return f"{self.results}/judges/ssnet/labels/{dataset}/{label}/{source}.h5"

    def classifier(self, dataset: str = "{dataset}", source: str = "{source}") -> str:
        """The folder of the classifiers that are trained on one source of images."""
        return f"{self.results}/judges/classifier/{dataset}/{source}"

    def scores(self, dataset: str = "{dataset}", source: str = "{source}") -> str:
        """What these classifiers say of the simulated test images."""
        return f"{self.classifier(dataset, source)}/scores.parquet"

    def metrics(self, name: str) -> str:
        """Measured rows; `{dataset}_{label}_{kind}`, `{dataset}_{kind}`, ..."""
        return f"{self.results}/metrics/{name}.parquet"

    def figure(self, stem: str) -> dict[str, str]:
        """Both files of a figure, by their endings."""
        return {suffix: f"{self.results}/figures/{stem}.{suffix}" for suffix in ("pdf", "png")}

    def table(self, stem: str) -> dict[str, str]:
        """Both files of a table, by their endings."""
        return {suffix: f"{self.results}/tables/{stem}.{suffix}" for suffix in ("csv", "md")}

    def report_page(self) -> str:
        """The page of the run's report to open first; the whole folder belongs to it."""
        return f"{self.results}/report/index.html"

    def report(self) -> str:
        """Snakemake's report."""
        return f"{self.results}/report.html"

    def release(self, name: str) -> str:
        """What is packed for others."""
        return f"{self.results}/release/{name}"

    def checkpoints(self, name: str) -> str:
        """Where a job keeps what it goes on from; no output, which Snakemake would delete."""
        return f"{self.results}/checkpoints/{name}"

    def log(self, name: str) -> str:
        """The log of a job; its name mirrors the path of its results."""
        return f"{self.results}/logs/{name}.log"

    def benchmark(self, name: str) -> str:
        """Time and memory of a job; its name mirrors the path of its results."""
        return f"{self.results}/benchmarks/{name}.tsv"
