"""Step `train`: a training within a number of seconds, then samples and what they are worth.

What is trained is in a YAML file:

    data: {images: {train: 60000, validation: 4096, test: 20000}}  # see `bench.gpu.data.Data`
    models:              # autoencoders first, then in this order; the last one is sampled, or the
                         # last one of each label
      vqvae:
        settings: {model: vqvae, ...}
        training: {...}  # keys of darkpixel.config.training.Training; epochs are found
        share: 0.2       # of the seconds (default: equal shares)
      vqvae_pixelcnn:
        autoencoder: vqvae
        settings: {model: vqvae_pixelcnn, ...}
        training: {...}
        label: signal    # where there are labels; default: all of them, in one file
    sampling: {images: 10000, block_size: 2048}  # of each label
"""

import argparse
import csv
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import yaml

from bench.gpu import pieces
from bench.gpu.data import Data
from bench.gpu.outcome import Outcome
from bench.gpu.plan import EPOCHS, Cost, calibrate, epochs_in
from bench.gpu.report import Run
from darkpixel.config.names import JOINT
from darkpixel.config.training import Training
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import Trainable
from darkpixel.models.build import build_model, with_image_settings
from darkpixel.models.folder import WEIGHTS, load_config, load_model, load_state, save_model
from darkpixel.models.vqvae.codes import encode_file
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.models.vqvae_pixelcnn.model import VQVAEPixelCNN, with_autoencoder
from darkpixel.training.history import HISTORY
from darkpixel.training.loop import train

STEP = "train"
SEED = 1
_AFTERWARDS = 20.0  # seconds kept for samples and measures
_SAVE_EVERY = 60.0  # seconds between copies of the weights in the output folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("step train")
    group.add_argument("--train", default="bench/gpu/argon_pixelcnn.yaml", help="what: YAML file")
    group.add_argument(
        "--train-seconds", type=float, default=60.0, help="of the trainings, calibration apart"
    )
    group.add_argument("--calibration-steps", type=int, default=60, help="to measure the rate")
    group.add_argument("--start", default=None, help="model or its pieces to go on from")
    group.add_argument("--ssnet", default=None, help="folder of an SSNet, for table 4")
    group.add_argument("--half", action="store_true", help="carry weights away as float16")
    group.add_argument(
        "--keep-samples", action="store_true", help="copy the samples, if they are small enough"
    )
    group.add_argument(
        "--no-two-sample", action="store_true", help="no boosted trees on jets and muons"
    )
    group.add_argument(
        "--prepare", default="", help="YAML files of later calls with the same folder for data: "
        "their images are simulated in the background",
    )  # fmt: skip


def start_data(run: Run, options: argparse.Namespace) -> list[Data]:
    """Begin the simulation of the training's images, and of those that later calls need."""
    later = [Path(path) for path in options.prepare.split(",") if path]
    return [
        Data(run, _entry(Path(options.train))["data"]),
        *(Data(run, _entry(path)["data"], later=True) for path in later),
    ]


def _entry(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def main(run: Run, options: argparse.Namespace, data: Data) -> bool:
    """Write `train.json`, the weights in pieces, and maybe the samples; whether all was done."""
    report, entry = run.report, _entry(Path(options.train))
    found, asked = report.load(STEP), [entry, options.train_seconds, options.start]
    if found and found.get("asked") != settings_digest(asked):
        report.log("train: train.json is of another training, and is begun anew")
        found = {}
    if found.get("finished"):
        report.log("train: done before")
        return True
    found = {"asked": settings_digest(asked), "entry": entry, "models": {}, **found}
    trainings = _Trainings(run, options, data, entry, found)
    for name in trainings.names:
        trainings.train(name)
    Outcome(run, options, data, entry, found, trainings.work, trainings.names).write()
    report.save(STEP, {**found, "finished": True})
    return True


class _Trainings:
    """The stages of one YAML file; `found` is what is written."""

    def __init__(
        self,
        run: Run,
        options: argparse.Namespace,
        data: Data,
        entry: dict[str, Any],
        found: dict[str, Any],
    ) -> None:
        self.run, self.options, self.data = run, options, data
        self.entry, self.found = entry, found
        # Autoencoders first, else as they are written.
        self.names = sorted(entry["models"], key=lambda name: self._holder(name) is None)
        self.work = run.work / f"train-{found['asked']}"

    def save(self) -> None:
        self.run.report.save(STEP, self.found)

    def folder(self, name: str) -> Path:
        return self.work / name

    def train(self, name: str) -> None:
        """Train one model, if that is not done yet, and put its weights into the output folder."""
        report = self.run.report
        about = self.found["models"].setdefault(name, {})
        folder = self.folder(name)
        if about.get("trained"):
            if not (folder / WEIGHTS).exists():  # another machine: from what was carried away
                self._fetch(name, folder)
            report.log(f"train: {name} was trained before")
            return
        if self.options.start and self._holder(name):
            self._take_autoencoder(folder)
            about["trained"] = f"taken from {self.options.start}"
            return
        described = self.entry["models"][name]
        files = self._files(described)
        model = self._build(described, files)
        settings = {"device": self.run.device.type, **described.get("training", {})}
        if "plan" not in about:
            about["plan"] = self._plan(name, model, files, settings)
            about |= {"settings": model.settings, "parameters": model.parameter_counts()}
            self.save()
        planned = Training(**about["plan"])
        report.log(
            f"train: {name}: {planned.epochs} epochs of {planned.epoch_images or 'all'} images in "
            f"batches of {planned.batch_size}, about {about['seconds_planned']:.0f} s"
            if "seconds_planned" in about
            else f"train: {name}: {planned.epochs} epochs"
        )
        began = time.monotonic()
        checkpoints = self.work / f"{name}-checkpoints"
        try:
            with self._stopped_in_time(self._share(name)):
                self._train(name, model, files, planned, checkpoints)
        except SystemExit:
            report.log(f"train: {name} stopped before its last epoch")
            about["stopped_early"] = True
            self._save_stopped(model, checkpoints, folder, described, files)
        about["seconds_taken"] = about.get("seconds_taken", 0.0) + time.monotonic() - began
        about["history"] = _history(folder / HISTORY)
        about["pieces"] = self._carry(name, folder)
        about["trained"] = True
        self.save()
        last = about["history"][-1] if about["history"] else {}
        report.log(f"train: {name}: {about['seconds_taken']:.0f} s, {last}")

    def _files(self, described: dict[str, Any]) -> dict[str, Path]:
        """The files that a model is calibrated on and trained on; `train` may be waited for."""
        label = described.get("label", JOINT)
        # There are no test images of all labels together.
        early = ["validation", "test"] if label != JOINT or not self.data.labels else ["validation"]
        if "autoencoder" not in described:
            found = {split: self.data.path(split, label) for split in early}
            sizes = {split: found[split].stat().st_size for split in early}
            return {**found, "calibration": found[max(early, key=sizes.__getitem__)]}
        folder = self.folder(described["autoencoder"])
        made: dict[str, Path] = {}
        for split in (*early, "train"):
            made[split] = folder / "codes" / f"{split}.h5"
            if not made[split].exists():
                model = load_model(folder, device=self.run.device)
                assert isinstance(model, VQVAE)
                source = self.data.path(split, label)
                encode_file(model, source, made[split], digest="0", batch=4096)
                self.run.report.log(f"train: codes of {split} written")
        return {**made, "calibration": made[early[-1]]}

    def _train_file(self, described: dict[str, Any], files: dict[str, Path]) -> Path:
        return files.get("train") or self.data.path("train", described.get("label", JOINT))

    def _images(self, described: dict[str, Any], files: dict[str, Path]) -> dict[str, Any]:
        """What `config.yaml` says of the images."""
        if "autoencoder" in described:  # what is sampled are images, not codes
            folder = self.folder(described["autoencoder"])
            images: dict[str, Any] = load_config(folder)["images"]
            return images
        with ImageFile(files["validation"]) as file:
            about = {k: file.attributes[k] for k in ("dataset", "label", "pixel_size", "unit")}
            if "classes" in file.attributes:
                about["classes"] = file.attributes["classes"].split(",")
        return about

    def _build(self, described: dict[str, Any], files: dict[str, Path]) -> Trainable:
        """The model with its first weights: random, or those to go on from."""
        with ImageFile(files["validation"]) as file:
            size: tuple[int, ...] = file.shape[1:]
            settings = with_image_settings(described["settings"], file.attributes)
        autoencoder = described.get("autoencoder")
        if autoencoder:
            settings, size = with_autoencoder(settings, self.folder(autoencoder))
        model = build_model(settings, (size[0], size[1]), seed=SEED)
        if autoencoder and isinstance(model, VQVAEPixelCNN):
            model.adopt_autoencoder(load_model(self.folder(autoencoder)).state_dict())
        if self.options.start and described is self.entry["models"][self.names[-1]]:
            self._go_on(model)
        return model

    def _started_from(self) -> Path:
        """The folder of the model to go on from."""
        source = Path(self.options.start)
        if (source / WEIGHTS).exists():
            return source
        pieces.join(source, self.work / "start", self.names[-1])
        return self.work / "start"

    def _take_autoencoder(self, folder: Path) -> None:
        """Codes mean what they meant: the autoencoder is that of the model to go on from."""
        source = self._started_from()
        model = load_model(source)
        assert isinstance(model, VQVAEPixelCNN)
        images = load_config(source)["images"]
        save_model(model.autoencoder, folder, images=images, seed=SEED, digest="0")
        self.run.report.log(f"train: autoencoder of {self.options.start}")

    def _fetch(self, name: str, folder: Path) -> None:
        """The folder of a model from the pieces in the output folder."""
        out, holder = self.run.report.folder, self._holder(name)
        pieces.join(out, self.folder(holder or name), holder or name)
        if holder:
            model = load_model(self.folder(holder))
            assert isinstance(model, VQVAEPixelCNN)
            images = load_config(self.folder(holder))["images"]
            save_model(model.autoencoder, folder, images=images, seed=SEED, digest="0")

    def _holder(self, name: str) -> str | None:
        """The model whose autoencoder `name` is, and which holds its weights, too."""
        models = self.entry["models"]
        return next((key for key in models if models[key].get("autoencoder") == name), None)

    def _go_on(self, model: Trainable) -> None:
        """Take the weights of an earlier training, which must not be fitted to data again."""
        folder = self._started_from()
        load_state(model, load_model(folder).state_dict(), folder)
        model.fit_to_data = lambda batches, validation=None: None  # type: ignore[method-assign]
        self.run.report.log(f"train: goes on from {self.options.start}")

    def _share(self, name: str) -> float:
        """Seconds for the training of a model."""
        models = self.entry["models"]
        shares = {key: model.get("share", 1.0) for key, model in models.items()}
        return float(self.options.train_seconds * shares[name] / sum(shares.values()))

    def _plan(
        self, name: str, model: Trainable, files: dict[str, Path], settings: dict[str, Any]
    ) -> dict[str, Any]:
        """The settings of the training, with as many epochs as there is time for.

        The model itself is tried, since another would have to be compiled anew; then it gets its
        first weights back.
        """
        began = time.monotonic()
        initial = {key: values.clone() for key, values in model.state_dict().items()}
        cost: Cost = calibrate(
            model, files["calibration"], files["validation"], settings,
            self.options.calibration_steps, self.work / "calibration",
        )  # fmt: skip
        load_state(model.cpu(), initial, name)
        taken = time.monotonic() - began
        described = self.entry["models"][name]
        with ImageFile(self._train_file(described, files)) as file:
            images = len(file)
        self.found["data"] = self.data.made()
        epochs = described.get("epochs", EPOCHS)
        left = min(self._share(name), self.run.report.left - _AFTERWARDS)
        planned = epochs_in(left, cost, images, settings, epochs)
        batch = Training(**settings).batch_size
        self.found["models"][name] |= {
            "cost": cost._asdict(), "calibration_seconds": taken, "seconds_planned": left,
            "images_per_second": batch / cost.step, "training_images": images,
        }  # fmt: skip
        self.run.report.log(
            f"train: {name}: {batch / cost.step:.0f} images/s, {1000 * cost.step:.1f} ms a step, "
            f"{cost.epoch:.2f} s more an epoch, {cost.start:.1f} s to start; took {taken:.1f} s"
        )
        return planned

    def _train(
        self, name: str, model: Trainable, files: dict[str, Path], planned: Training, work: Path
    ) -> None:
        described = self.entry["models"][name]
        saved = [time.monotonic()]

        def monitor(model: Trainable, epoch: int) -> dict[str, float]:
            if time.monotonic() - saved[0] > _SAVE_EVERY:
                save_model(model, self.work / "latest", images=self._images(described, files))
                self._carry(name, self.work / "latest")
                saved[0] = time.monotonic()
                self.run.report.log(f"train: {name}: epoch {epoch}, weights saved")
            return {}

        train(
            model, self._train_file(described, files), files["validation"], planned, seed=SEED,
            checkpoint_dir=work, output_dir=self.folder(name), monitor=monitor, progress=False,
            digest=settings_digest([self.found["asked"], planned.model_dump()]),
            provenance={"images": self._images(described, files)},
        )  # fmt: skip

    def _save_stopped(
        self,
        model: Trainable,
        checkpoints: Path,
        folder: Path,
        described: dict[str, Any],
        files: dict[str, Path],
    ) -> None:
        """The model of a training that was stopped, from its checkpoint."""
        state = torch.load(checkpoints / "state.pt", map_location="cpu", weights_only=True)["state"]
        load_state(model.cpu(), state["model"], checkpoints)
        if state["average"] is not None:
            with torch.no_grad():
                for parameter, average in zip(model.parameters(), state["average"], strict=True):
                    parameter.copy_(average)
        save_model(model, folder, images=self._images(described, files), seed=SEED, digest="0")
        rows = state["history"]
        if rows:
            with (folder / HISTORY).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    @contextmanager
    def _stopped_in_time(self, seconds: float) -> Iterator[None]:
        """Within the block a training that takes far longer than planned is asked to stop."""
        bound = min(1.2 * seconds + 10, max(self.run.report.left - _AFTERWARDS, 1.0))
        timer = threading.Timer(bound, os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _carry(self, name: str, folder: Path) -> list[str]:
        """Write a model's weights in pieces into the output folder; the names of the files."""
        if self._holder(name):
            return []
        out = self.run.report.folder
        return [path.name for path in pieces.split(folder, out, name, half=self.options.half)]


def _history(path: Path) -> list[dict[str, float]]:
    """The rows of a training's history."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return [{k: float(v) for k, v in row.items() if v not in ("", None)} for row in rows]
