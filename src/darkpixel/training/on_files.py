"""One training run from image files to a model's folder."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from darkpixel.config.data import Symmetries
from darkpixel.config.discovery import model_module
from darkpixel.config.training import Training
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.build import build_model, with_image_settings
from darkpixel.models.folder import load_config, load_model
from darkpixel.training.loop import train
from darkpixel.training.monitoring import find_monitoring


def train_on_files(
    train_file: str | Path,
    validation_file: str | Path,
    output_dir: str | Path,
    *,
    settings: Mapping[str, Any],
    training: Mapping[str, Any],
    seed: int,
    checkpoint_dir: str | Path,
    code: str,
    monitor: str | None = None,
    symmetries: Symmetries = "none",
    autoencoder: str | Path | None = None,
) -> None:
    """Train a model; go on from the checkpoint if there is one of the same run.

    Args:
        train_file, validation_file: images, or the code maps of the autoencoder.
        output_dir: the model's folder.
        settings: `model` and its keys.
        training: keys of `darkpixel.config.training.Training`.
        seed: of weights, batches and noise.
        checkpoint_dir: kept until the run has ended.
        code: digest of the code that the result depends on.
        monitor: what is measured after an epoch, see `darkpixel.training.monitoring`.
        symmetries: by which training images are turned, of `darkpixel.training.symmetries`.
        autoencoder: weights of the autoencoder on whose code maps the model is trained.
    """
    inputs = [train_file, validation_file, *([autoencoder] if autoencoder else [])]
    with ImageFile(train_file) as images:
        image_size = images.shape[1:]
        about = {
            name: images.attributes[name] for name in ("dataset", "label", "pixel_size", "unit")
        }
        if "classes" in images.attributes:
            about["classes"] = images.attributes["classes"].split(",")
        settings = with_image_settings(settings, images.attributes)
    if autoencoder:
        folder = Path(autoencoder).parent
        module = import_module(model_module(settings["model"]))
        settings, image_size = module.with_autoencoder(settings, folder)
        about = load_config(folder)["images"]  # what is sampled are images, not codes
    model: Any = build_model(settings, image_size, seed=seed)
    if autoencoder:
        model.adopt_autoencoder(load_model(folder).state_dict())
    recipe = Training(**training)
    measured = find_monitoring(monitor, train_file, validation_file, recipe, seed)
    train(
        model,
        train_file,
        validation_file,
        recipe,
        seed=seed,
        checkpoint_dir=checkpoint_dir,
        digest=settings_digest(
            [
                [file_digest(path) for path in inputs],
                model.settings,
                dict(training),
                symmetries,
                seed,
                code,
            ]
        ),
        output_dir=output_dir,
        monitor=measured.monitor,
        monitor_every=measured.every,
        symmetries=symmetries,
        provenance={"images": about, "symmetries": symmetries},
    )
