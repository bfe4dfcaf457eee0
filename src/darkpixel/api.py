"""darkpixel from Python: load a trained model and draw images of it, or simulate them.

    >>> import darkpixel
    >>> model = darkpixel.load("weights/lartpc_sparse_transformer")
    >>> pions = model.sample(100, species=211, momentum=400.0, seed=1)  # (100, 64, 64)

The same call gives the same images, on any number of cores, and those that the command
`darkpixel sample` writes to a file.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import scratch_folder
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.particle_names import pdg_code
from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_config, load_generator
from darkpixel.models.packed import model_folder
from darkpixel.models.sample_file import (
    default_block_size,
    draws,
    sampling_workers,
    shard_blocks,
)
from darkpixel.models.workers import usable_cores
from darkpixel.studies.density import density_of

_AT_ONCE = 256  # images whose density is computed at a time


class Model:
    """A trained generative model, as `load` gives it.

    Attributes:
        folder: where it was read from.
        settings: its own, as resolved when it was trained.
        about: of the training images: `dataset`, `label`, `pixel_size`, `unit` of the pixels.
        conditions: names of what `sample` may be given.
        image_size: height and width of the images, pixels.
    """

    def __init__(
        self, folder: str | Path, *, device: str = "cpu", label: str | None = None
    ) -> None:
        self.folder = Path(folder)
        self._device = choose_device(device, "device")
        with model_folder(folder) as unpacked:
            config = load_config(unpacked)
            self._network = load_generator(unpacked, device=self._device, label=label)
        self.settings: dict[str, Any] = dict(self._network.settings)
        self.about: dict[str, Any] = dict(config.get("images", {}))
        if label is not None:
            self.about["label"] = label
        self.conditions = tuple(condition.name for condition in self._network.conditions)
        self.image_size = self._network.image_size

    def __repr__(self) -> str:
        height, width = self.image_size
        return f"<{self.settings['model']} of {height} x {width} pixels from {self.folder}>"

    def sample(
        self,
        n: int,
        *,
        seed: int = 1,
        cores: int | None = None,
        block_size: int | None = None,
        **conditions: ArrayLike,
    ) -> NDArray[np.float32]:
        """Draw `n` images.

        Args:
            seed: of the random numbers.
            cores: that share the work; None: all. The images are the same.
            block_size: images at once, on which they depend; None: 512 on a CPU, 1024 on a GPU.
            conditions: values of `conditions`, one for all images or (n,), species by PDG code or
                name; what is left out is drawn as in the training images.

        Returns:
            (n, H, W), in the unit of the training images.

        Raises:
            DarkpixelError: the model does not take such conditions, or a worker was killed.

        Example:
            >>> model = load("weights/lartpc_sparse_transformer")
            >>> model.conditions
            ('species', 'momentum')
            >>> model.sample(3, species="mu-", momentum=[100.0, 200.0, 300.0], cores=1).shape
            (3, 64, 64)
        """
        if n < 1:
            raise DarkpixelError(f"{self.folder}: {n} images asked for; ask for at least 1.")
        arrays = {name: _numbers(name, values) for name, values in conditions.items()}
        given: dict[str, Any] = {
            name: values if values.ndim else float(values) for name, values in arrays.items()
        }
        size = block_size or default_block_size(self._device)
        tasks = draws(self._network, n, size, shard_blocks(n, size, 0, 1), seed, given)
        workers = sampling_workers(self._network, min(cores or usable_cores(), len(tasks)))
        with workers:
            return np.concatenate([pixels for pixels, _ in workers.results(tasks)])

    def log_density(
        self,
        images: ArrayLike,
        *,
        bound: bool = False,
        draws: int = 64,
        seed: int = 1,
        **conditions: ArrayLike,
    ) -> NDArray[np.float64]:
        """Log-density of images (n, H, W), (n,) nats.

        The measure is a point mass at 0 and the unit of the pixels elsewhere, for each pixel.

        Args:
            bound: take a lower bound of the density, too, where a model has no more.
            draws: estimates of each image's density behind a bound of a model that draws totals
                before the pixels; the bound rises with them.
            seed: of these.
            conditions: values of `conditions`, one for all images or (n,); what is left out is
                not known.

        Raises:
            DarkpixelError: the model has no density, or images are of another size.

        Example:
            >>> model = load("weights/lartpc_sparse_transformer")
            >>> muon = model.sample(1, species=13, momentum=100.0, cores=1)
            >>> bound = [model.log_density(muon, bound=True, species=of, momentum=100.0)
            ...          for of in (13, 11)]
            >>> bound[0] > bound[1]  # more likely as a muon than as an electron
            array([ True])
        """
        pixels = torch.as_tensor(np.ascontiguousarray(images, np.float32))
        if pixels.ndim != 3 or tuple(pixels.shape[1:]) != tuple(self.image_size):
            height, width = self.image_size
            raise DarkpixelError(
                f"{self.folder}: images of shape {tuple(pixels.shape)}; (n, {height}, {width}) is "
                "expected."
            )
        values = {
            name: torch.as_tensor(_numbers(name, given)) for name, given in conditions.items()
        }
        given = self._network.given_conditions(len(pixels), values)
        generator = torch.Generator().manual_seed(seed)
        found = []
        with torch.inference_mode():
            for start in range(0, len(pixels), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                density = density_of(
                    self._network,
                    pixels[part].to(self._device),
                    {name: of_all[part].to(self._device) for name, of_all in given.items()},
                    draws=draws if bound else 0,
                    generator=generator,
                )
                if density is None or (density.bound and not bound):
                    remedy = "ask for it with bound=True" if density else "or only with bound=True"
                    what = "only a bound of the density" if density else "no density"
                    raise DarkpixelError(
                        f"{self.folder}: a model '{self.settings['model']}' has {what}; {remedy}."
                    )
                found.append(density.nats.cpu())
        return np.asarray(torch.cat(found).numpy() if found else np.empty(0))


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """The values of a condition; species may be names, such as mu-."""
    found = np.asarray(values)
    if name == "species" and found.dtype.kind in "UO":
        found = np.reshape([pdg_code(word) for word in found.ravel().tolist()], found.shape)
    return found.astype(np.float64)


def load(folder: str | Path, *, device: str = "cpu", label: str | None = None) -> Model:
    """A trained model.

    Args:
        folder: with `model.safetensors` and `config.yaml`, as a run or `weights/` has them; or a
            packed model, one file (`make release-weights`).
        device: `cpu`, `cuda`, `mps`, or `auto` for the best of them.
        label: of the images, for a model that knows several.

    Raises:
        DarkpixelError: a file is missing or damaged, or the model does not generate images.
    """
    return Model(folder, device=device, label=label)


def evaluate(
    reference: ArrayLike | str | Path,
    generated: ArrayLike | str | Path | Mapping[str, ArrayLike | str | Path],
    *,
    training: ArrayLike | str | Path | None = None,
    n: int = 10_000,
    seed: int = 1,
    dataset: Literal["jets", "muons", "lartpc", "plain"] | None = None,
    pixel_size: float | None = None,
    unit: str | None = None,
    shape: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Distances of generated from simulated images, as `darkpixel evaluate` has them.

    Args:
        reference: simulated images, (N, H, W) or a file.
        generated: images of one generator, or of several by name.
        training: images that the generators were trained on: are they known by heart?
        n: images a side, at most half of the reference.
        seed: of the draw of the images, and of all resampling.
        dataset: kind of the images; None: what the files say, else `plain`.
        pixel_size: side of a pixel in eta and phi (cm in argon); None: what the files say.
        unit: of the pixels; None: what the files say.
        shape: rows and columns of the cells of CaloChallenge's showers; None: those of its data
            sets 2 and 3.

    Returns:
        A row for each generator and measure: W1 of observables, `auc` of boosted trees between
        real and generated, `fpd`, `kpd`, `coverage`, `density`, and what `training` adds, with
        `value`, `error`, `floor` (what a perfect generator scores), `control` (what pixels 5% too
        large score) and `verdict` (why a number cannot be quoted, else empty).

    Raises:
        DarkpixelError: images do not fit together, or are too few.

    Warns:
        UserWarning: something says that images do not belong together.

    Example:
        >>> random = np.random.default_rng(1)
        >>> reference = random.exponential(size=(400, 6, 6))
        >>> brighter = 1.5 * random.exponential(size=(200, 6, 6))
        >>> rows = evaluate(reference, brighter, unit="GeV").set_index("observable")
        >>> bool(rows.loc["sum", "value"] > 10 * rows.loc["sum", "floor"])
        True
    """
    # Only here: scikit-learn and SciPy take a second to import.
    from darkpixel.datasets.foreign import Grid, Named
    from darkpixel.studies.scoring import score

    several = generated if isinstance(generated, Mapping) else {"generated": generated}

    def named(name: str, images: ArrayLike | str | Path) -> Path | Named:
        return Path(images) if isinstance(images, str | Path) else Named(name, images)

    found = score(
        named("reference", reference),
        {name: named(name, made) for name, made in several.items()},
        training=None if training is None else named("training", training),
        n=n,
        seed=seed,
        dataset=dataset,
        pixel_size=pixel_size,
        unit=unit,
        grid=Grid(shape=shape),
    )
    for warning in found.warnings:
        warnings.warn(warning, stacklevel=2)
    return found.rows


def simulate(
    kind: Literal["jets", "muons", "argon"],
    n: int,
    *,
    label: str | None = None,
    species: int | str | Sequence[int | str] = (),
    momentum: float | tuple[float, float] | None = None,
    seed: int = 1,
    cores: int | None = None,
    **settings: Any,
) -> tuple[NDArray[np.float32], dict[str, NDArray[Any]]]:
    """Simulate `n` images: W and QCD jets, muons from Z' and b quarks, particles in argon.

    Args:
        kind: of images.
        label: `signal` or `background`, of jets and muons.
        species: of particles in argon, by PDG code or name, such as mu-.
        momentum: MeV/c, one or a range, of particles in argon.
        seed: of the random numbers.
        cores: that share the work; None: all. The images are the same.
        settings: `simulation` and `imaging`, as `darkpixel.studies.simulated.simulate_images`.

    Returns:
        The images (n, H, W), in GeV or, of argon, in units of 0.255 MeV; and the columns of each.

    Raises:
        DarkpixelError: an argument does not fit, or hardly any event is accepted.

    Example:
        >>> images, columns = simulate("argon", 3, species=13, momentum=300.0, cores=1)
        >>> images.shape, columns["momentum"].tolist()
        ((3, 64, 64), [300.0, 300.0, 300.0])
    """
    # Only here: Pythia and the argon tables take seconds to import.
    from darkpixel.studies.simulated import simulate_images

    codes = [pdg_code(it) for it in ([species] if isinstance(species, int | str) else species)]
    window = (momentum, momentum) if isinstance(momentum, int | float) else momentum
    with scratch_folder() as folder:
        path = folder / "images.h5"
        simulate_images(
            kind,
            n,
            path,
            label=label,
            seed=seed,
            cores=cores or usable_cores(),
            species=codes,
            momentum=window,
            **settings,
        )
        with ImageFile(path) as file:
            return file.read(), {name: file.column(name) for name in file.columns}
