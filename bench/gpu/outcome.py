"""What a training's last models draw, and what their images are worth."""

import argparse
import shutil
from pathlib import Path
from typing import Any

from bench.gpu.data import Data
from bench.gpu.judging import classify, judge_charge, measure
from bench.gpu.report import Run
from bench.gpu.samples import draw
from darkpixel.config.names import JETS, JOINT, LARTPC, MUONS
from darkpixel.datasets.joint import join_labels
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import load_model
from darkpixel.models.vqvae.codes import reconstruct_file
from darkpixel.models.vqvae.model import VQVAE

_LARGEST_FILE = 15.5 * 2**20  # bytes of a file that can be carried away


class Outcome:
    """Samples and measures of the trainings of one YAML file.

    Args:
        run, options: see there.
        entry: content of the YAML file.
        found: what is written; gets `sampling`, `measures`, `two_sample`, `judge`.
        work: folder with the models.
        names: of the models, in the order of their trainings.
    """

    def __init__(
        self,
        run: Run,
        options: argparse.Namespace,
        data: Data,
        entry: dict[str, Any],
        found: dict[str, Any],
        work: Path,
        names: list[str],
    ) -> None:
        self.run, self.options, self.data = run, options, data
        self.entry, self.found, self.work = entry, found, work
        self.models = self._last_models(names)

    def _last_models(self, names: list[str]) -> dict[str, str]:
        """The model that draws the images of each label; `joint` where there are no labels.

        Raises:
            DarkpixelError: a label has none.
        """
        models = self.entry["models"]
        if not self.data.labels:
            return {JOINT: names[-1]}
        found = {}
        for label in self.data.labels:
            able = [name for name in names if models[name].get("label", label) == label]
            if not able:
                raise DarkpixelError(
                    f"{self.options.train}: no model of the label {label}; give one the key "
                    f"`label: {label}`, or leave the key out where a model learns all labels."
                )
            found[label] = able[-1]
        return found

    def write(self) -> None:
        """Draw images, keep them if asked to, and measure them; what is done is not done again."""
        samples = self._draw()
        if self.options.keep_samples:
            self._keep(samples)
        files = {label: {self.models[label]: path} for label, path in samples.items()}
        for label in files:
            files[label] |= self._reconstructed(label)
        self._judge(files)

    def _path(self, name: str, label: str) -> Path:
        return self.work / "samples" / f"{name}{f'-{label}' if self.data.labels else ''}.h5"

    def _save(self) -> None:
        self.run.report.save("train", self.found)

    def _draw(self) -> dict[str, Path]:
        drawn = self.found.setdefault("sampling", {})
        paths = {}
        for place, (label, name) in enumerate(self.models.items()):
            path = paths[label] = self._path(name, label)
            if path.exists():
                continue
            wanted = {"images": 10_000, "block_size": 2048, **self.entry.get("sampling", {})}
            drawn[label] = draw(
                self.run, self.work / name, path, name, wanted,
                label=label if self.data.labels else None, share=1 / (len(self.models) - place),
            )  # fmt: skip
            self._save()
        return paths

    def _keep(self, samples: dict[str, Path]) -> None:
        """Copy the samples into the output folder, all labels in one file."""
        source, name = next(iter(samples.values())), list(self.models.values())[-1]
        if len(samples) > 1:
            source = self.work / "samples" / f"{name}-{JOINT}.h5"
            join_labels(samples, source)
        size = source.stat().st_size
        if size <= _LARGEST_FILE:
            shutil.copyfile(source, self.run.report.folder / f"samples-{name}.h5")
        else:
            self.run.report.log(f"train: samples of {size} bytes are not kept")

    def _reconstructed(self, label: str) -> dict[str, Path]:
        """The test images through the autoencoder of the model, if it has one."""
        autoencoder = self.entry["models"][self.models[label]].get("autoencoder")
        if not autoencoder:
            return {}
        source = f"reconstructed_{autoencoder}"
        path = self._path(source, label)
        if not path.exists():
            model = load_model(self.work / autoencoder, device=self.run.device)
            assert isinstance(model, VQVAE)
            reconstruct_file(model, self.data.path("test", label), path, digest="0", batch=4096)
        return {source: path}

    def _judge(self, files: dict[str, dict[str, Path]]) -> None:
        """Measures of all labels first, then what takes longer."""
        measures = self.found.setdefault("measures", {})
        for label, samples in files.items():
            of = measures.setdefault(label, {}) if self.data.labels else measures
            measure(self.run, samples, self.data.path("test", label), of, self._save)
        for label, samples in files.items():
            test = self.data.path("test", label)
            with ImageFile(test) as file:
                dataset = file.attributes["dataset"]
            if dataset == LARTPC and self.options.ssnet:
                judge_charge(self.run, samples, test, self.options.ssnet, self.found, self._save)
            if dataset in (JETS, MUONS):
                rows = self.found.setdefault("two_sample", {}).setdefault(label, {})
                if self.options.no_two_sample:
                    rows["skipped"] = "--no-two-sample"
                else:
                    train = self.data.path("train", label)
                    classify(self.run, samples, test, train, rows, self._save)
