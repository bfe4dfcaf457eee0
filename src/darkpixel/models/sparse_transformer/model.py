"""Sparse autoregressive transformer: an image is the walk over its non-zero pixels (ours).

The walk (see `walk`) is a function of the image, so the model's probability of the walk bounds
that of the image from below; no density of the image itself is at hand, since other orders of the
same pixels have some probability, too.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.sampling import evaluating
from darkpixel.models.sparse_transformer.features import Charges, Tokens, on_device, tokens
from darkpixel.models.sparse_transformer.layout import lay_out
from darkpixel.models.sparse_transformer.network import Network
from darkpixel.models.sparse_transformer.sampler import Sampler
from darkpixel.models.sparse_transformer.settings import Settings
from darkpixel.models.sparse_transformer.walk import Walks, walks

_START_IMAGES = 2000  # from which frequencies of moves and places are taken


class Nats(NamedTuple):
    """Negative log-densities of the tokens of a batch, nats.

    Attributes:
        move: (N,) of the moves, and of the end; 0 for padding.
        place: (M,) of the places of the tokens `far`.
        charge: (N,) of the charges, per unit of the image file; 0 where no pixel comes.
    """

    move: Tensor
    place: Tensor
    charge: Tensor


class SparseTransformer(GenerativeModel):
    """p(walk) of the non-zero pixels: move by move, with a density of each charge.

    Args:
        options: the settings.
        height, width: of the images, pixels.
    """

    species: Tensor
    species_counts: Tensor
    log_low: Tensor
    log_high: Tensor
    mean_charge: Tensor

    def __init__(self, options: Settings, height: int, width: int) -> None:
        super().__init__()
        self.options, self.size = options, (height, width)
        conditioned = options.condition is not None
        classes = len(options.species) if conditioned else 0
        self.columns = ("species",) if conditioned else ()
        self.network = Network(options, height, width, classes)
        self.register_buffer("species", torch.tensor(options.species), persistent=False)
        # Of the training images: the mix that is sampled.
        counts = torch.zeros(classes, dtype=torch.int64)
        self.register_buffer("species_counts", counts, persistent=conditioned)
        # Charges, in the unit of the image file, until `fit_to_data` says more.
        self.register_buffer("log_low", torch.tensor(-7.0))
        self.register_buffer("log_high", torch.tensor(7.0))
        self.register_buffer("mean_charge", torch.tensor(1.0))
        if options.compile_blocks and torch.cuda.is_available():
            self.network.compile_blocks()

    @property
    def scale(self) -> Charges:
        """The scale of charges."""
        return Charges(self.log_low, self.log_high, self.mean_charge)

    @torch.no_grad()
    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Take the range and mean of charges; start biases at the frequencies in the images.

        Raises:
            DarkpixelError: no pixel is above zero.
        """
        low, high, total, pixels, seen = np.inf, 0.0, 0.0, 0, 0
        moves = torch.ones(self.network.moves.codes, dtype=torch.float64)
        places = torch.ones(self.size[0] * self.size[1], dtype=torch.float64)
        first: list[Tensor] = []
        for images in batches():
            charges = images[images > 0]
            if len(charges):
                low, high = min(low, float(charges.min())), max(high, float(charges.max()))
            total, pixels = total + float(charges.double().sum()), pixels + len(charges)
            if seen < _START_IMAGES:
                first.append(images[: _START_IMAGES - seen])
                seen += len(first[-1])
        if not pixels:
            raise DarkpixelError(
                "model sparse_transformer: every pixel of the training images is zero; give others."
            )
        # A little wider, so that the largest charge lies within and one value has a width.
        self.log_low.fill_(np.log(low) - 1e-3)
        self.log_high.fill_(np.log(high) + 1e-3)
        self.mean_charge.fill_(total / pixels)
        charges_found = torch.ones(self.options.charge_bins, dtype=torch.float64)
        for images in torch.cat(first).split(250):
            found = self._tokens(self._walks(images.numpy()))
            drawn = found.drawn
            charges_found += found.next_bin[drawn].bincount(minlength=len(charges_found)).cpu()
            moves += found.move[found.valid].bincount(minlength=len(moves)).cpu()
            nonzero = (images > 0).sum(0).flatten()
            places += nonzero.cpu() / (1 + nonzero.max().cpu())
        for bias, counts in (
            (self.network.move.bias, moves),
            (self.network.charge.bias, charges_found),
            (self.network.place_bias, places),
        ):
            bias.copy_((counts / counts.sum()).log())

    def fitted(self) -> dict[str, float]:
        """Smallest and largest charge that are drawn, and the mean charge of a pixel."""
        return {
            "smallest_charge": float(self.log_low.exp()),
            "largest_charge": float(self.log_high.exp()),
            "mean_charge": float(self.mean_charge),
        }

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-density of the walks, nats per image.

        In training each image is turned at random by a symmetry, and its species withheld now and
        then; in evaluation neither.
        """
        host, classes = self._on_host(images, columns.get("species"))
        symmetry = None
        if self.training:
            if self.options.symmetries:
                symmetry = self._symmetries(len(host))
            if classes is not None:
                counts = torch.from_numpy(np.bincount(classes, minlength=len(self.species) + 1)[1:])
                self.species_counts += counts.to(self.species_counts.device)
                kept = torch.rand(len(classes)) >= self.options.species_dropout
                classes = classes * kept.numpy()
        nats = self.token_nats(self._tokens(self._walks(host), symmetry), classes)
        return (nats.move.sum() + nats.place.sum() + nats.charge.sum()) / len(images)

    @torch.no_grad()
    def log_density_lower_bound(self, images: Tensor, species: Tensor | None = None) -> Tensor:
        """Log-density of the images' walks, at most that of the images, (B,) nats.

        Measure as in `log_density`.

        Args:
            images: (B, H, W).
            species: (B,) PDG codes, if conditioned; None: withheld.
        """
        host, classes = self._on_host(images, species)
        batch = self._tokens(self._walks(host))
        nats = self.token_nats(batch, classes)
        total = torch.zeros(len(images), device=nats.move.device)
        total.index_add_(0, batch.image, nats.move + nats.charge)
        total.index_add_(0, batch.image[batch.far], nats.place)
        return -total

    def token_nats(self, batch: Tokens, classes: NDArray[np.int64] | None = None) -> Nats:
        """Negative log-densities of the tokens.

        Args:
            batch: from `tokens`.
            classes: (B,) of the condition, 0 where it is withheld; None: everywhere.
        """
        network = self.network
        condition = None
        if classes is not None:
            condition = on_device(classes, batch.image.device)[batch.image]
        h = network.trunk(
            network.embed(
                batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window,
                condition,
            ),
            batch.groups,
        )  # fmt: skip
        moves = network.move_logits(h, batch.window, batch.step)
        move = F.cross_entropy(moves, batch.move, reduction="none") * batch.valid

        far = batch.far
        taken = batch.when[batch.image[far]] < batch.step[far, None]
        places = network.place_logits(
            h.index_select(0, far),
            batch.row[far],
            batch.column[far],
            batch.step[far],
            batch.geometry[far],
            taken,
        )
        target = batch.next_row[far] * self.size[1] + batch.next_column[far]
        place = F.cross_entropy(places, target, reduction="none")

        charges = network.charge_logits(
            h, batch.next_row, batch.next_column, batch.move, batch.next_window
        )
        charge = F.cross_entropy(charges, batch.next_bin, reduction="none")
        # The density in a bin is uniform in the logarithm: dq = q dlog(q).
        bin_width = (self.log_high - self.log_low) / self.options.charge_bins
        charge = (charge + bin_width.log() + batch.next_log_charge) * batch.drawn
        return Nats(move, place, charge)

    def _walks(self, images: NDArray[np.float32]) -> Walks:
        return walks(images, self.options.cluster_pixels, torch.get_num_threads())

    @torch.no_grad()
    def _tokens(self, found: Walks, symmetry: NDArray[np.int64] | None = None) -> Tokens:
        moves = self.network.moves
        layout = lay_out(found, self.size[1], moves.reach, self.options.length_groups)
        return tokens(
            found, layout, self.size, moves, self.options.neighbourhood,
            self.options.charge_bins, self.scale, symmetry,
        )  # fmt: skip

    def _on_host(
        self, images: Tensor, species: Tensor | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64] | None]:
        """Images and classes (1 and up) on the host: the one wait for the device in a step.

        Raises:
            DarkpixelError: a species is not in the list.
        """
        found = None
        if images.device.type == "cuda":
            host = torch.empty(images.shape, pin_memory=True)
            host.copy_(images, non_blocking=True)
            if species is not None:
                found = torch.empty(species.shape, dtype=species.dtype, pin_memory=True)
                found.copy_(species, non_blocking=True)
            torch.cuda.current_stream(images.device).synchronize()
        else:
            host = images.detach().cpu()
            found = None if species is None else species.cpu()
        if found is None:
            return host.numpy(), None
        match = found.numpy()[:, None] == np.array(self.options.species)
        known = match.any(1)
        if not known.all():
            raise DarkpixelError(
                f"model sparse_transformer: species: {int(found[~known][0])} among the images is "
                f"not in the list {self.options.species}; add it."
            )
        return host.numpy(), match.argmax(1) + 1

    def _symmetries(self, count: int) -> NDArray[np.int64]:
        """One of the image's symmetries for each of `count` images; only squares can be turned."""
        symmetries = 8 if self.size[0] == self.size[1] else 4
        drawn: NDArray[np.int64] = torch.randint(symmetries, (count,)).numpy()
        return drawn

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) float32; options as of `sample_events`."""
        return self.sample_events(n, generator=generator, **options)[0]

    @torch.no_grad()
    def sample_events(
        self,
        n: int,
        *,
        generator: torch.Generator,
        slots: int | None = None,
        species: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw images (n, H, W); with `condition`, their `species` (n,) int32 come too.

        Each image has a random stream of its own, whose seed it takes from the generator in turn,
        so the images do not depend on `slots`.

        Args:
            slots: images drawn at once (CPU: 64, GPU: 4096).
            species: (n,) PDG codes to draw images of; None: the mix of the training images.

        Raises:
            DarkpixelError: conditioned, but not trained, or on a species that is not in the list.
        """
        sampler = Sampler(
            self.network, self.options, self.size, self.scale, self.species, self.species_counts,
            slots,
        )  # fmt: skip
        with evaluating(self):
            return sampler.draw(n, generator, species)


def build(settings: Settings, height: int, width: int) -> SparseTransformer:
    """A new model for images (height, width)."""
    return SparseTransformer(settings, height, width)
