"""Sparse autoregressive transformer: an image is the sequence of its non-zero pixels (ours)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from darkpixel.config.names import CLASS
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import in_angles
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.conditions import Condition, ConditionTable
from darkpixel.models.orders import order
from darkpixel.models.sampling import evaluating
from darkpixel.models.sparse_transformer import initialisation
from darkpixel.models.sparse_transformer.binned import Bins
from darkpixel.models.sparse_transformer.conditions import ConditionInputs
from darkpixel.models.sparse_transformer.features import Tokens, tokens
from darkpixel.models.sparse_transformer.layout import lay_out
from darkpixel.models.sparse_transformer.mass_first import mass_of
from darkpixel.models.sparse_transformer.network import Network
from darkpixel.models.sparse_transformer.remaining import Shares, four_vectors
from darkpixel.models.sparse_transformer.sampler import Sampler
from darkpixel.models.sparse_transformer.scale import Scale
from darkpixel.models.sparse_transformer.sequences import Sequences, in_fixed_order, largest_first
from darkpixel.models.sparse_transformer.settings import Settings
from darkpixel.models.sparse_transformer.walk import walks

NAME = "sparse_transformer"


class Nats(NamedTuple):
    """Negative log-densities of the tokens of a batch, nats.

    Attributes:
        place: (N,) of the next places; 0 for padding.
        value: (N,) of the next values, per unit of the image file; 0 where it is given.
    """

    place: Tensor
    value: Tensor


class SparseTransformer(GenerativeModel):
    """p(count) p(sum | count) p(places and values of the non-zero pixels | count, sum).

    Args:
        options: the settings.
        height, width: of the images, pixels.
    """

    log_low: Tensor
    log_high: Tensor
    mean_value: Tensor
    mean_total: Tensor
    value_range: Tensor
    places_of_vectors: Tensor

    def __init__(self, options: Settings, height: int, width: int) -> None:
        super().__init__()
        self.options, self.size = options, (height, width)
        self.table = ConditionTable(options.kinds)
        self.columns = self.table.columns
        self.order: NDArray[np.int64] | None = None
        if options.needs_square(options.model_dump()):
            if height != width:
                raise DarkpixelError(
                    f"model {NAME}: order: '{options.order}' needs square images, found {height} x "
                    f"{width}; `walk` and `largest_first` take any."
                )
            self.order = order(options.order, height)
        # Without a pixel size in eta and phi (liquid argon has centimetres) an image counts as two
        # units wide: the vectors are moments then.
        side = options.pixel_size
        if side is None or not in_angles(max(height, width), side):
            side = 2 / max(height, width)
        vectors = torch.from_numpy(four_vectors(height, width, side))
        self.register_buffer("places_of_vectors", vectors, persistent=False)
        conditions = ConditionInputs(self.table.sizes, len(self.table.measured), options.width)
        self.network = Network(options, height, width, conditions, self.order, vectors[:-1])
        # Values, in the unit of the image file, until `fit_to_data` says more.
        self.register_buffer("log_low", torch.tensor(-7.0))
        self.register_buffer("log_high", torch.tensor(7.0))
        self.register_buffer("mean_value", torch.tensor(1.0))
        self.register_buffer("mean_total", torch.tensor(1.0))
        # Of the coordinate of values, see `remaining`.
        self.register_buffer("value_range", torch.tensor([-7.0, 7.0]))
        if options.compile_blocks and torch.cuda.is_available():
            self.network.compile_blocks()

    @property
    def scale(self) -> Scale:
        """The scale of values."""
        return Scale(self.log_low, self.log_high, self.mean_value, self.mean_total)

    @property
    def value_bins(self) -> Bins:
        """Of the coordinate of values."""
        low, high = self.value_range[0], self.value_range[1]
        # Of falling values each is at least the mean of those to come, whose share is at 0.
        is_bounded = self.options.is_falling and self.options.values == "shares"
        return Bins(low, high, self.options.value_bins, is_bounded=is_bounded)

    @property
    def shares(self) -> Shares | None:
        """What remains of an image, where values are shares of it."""
        return Shares(self.places_of_vectors) if self.options.values == "shares" else None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.table.conditions

    @property
    def is_exact(self) -> bool:
        """Whether an image has one sequence only, and nothing is drawn that it does not show.

        Then `log_density` is its density.
        """
        return self.options.order != "walk" and not self.options.mass_first

    def phase_parameters(self, phase: str) -> Iterable[nn.Parameter]:
        return filter(lambda parameter: parameter.requires_grad, self.parameters())

    def fit_to_columns(self, columns: Mapping[str, Tensor]) -> None:
        """Take ranges and mix of the conditions."""
        self.table.fit(NAME, columns)

    @torch.no_grad()
    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Take the range and mean of values; start biases at the frequencies in the images.

        Raises:
            DarkpixelError: no pixel is above zero.
        """
        network, shares = self.network, self.shares
        seen = initialisation.see(batches, None if network.masses is None else self.masses_of)
        self.log_low.fill_(seen.low)
        self.log_high.fill_(seen.high)
        self.mean_value.fill_(seen.mean_value)
        self.mean_total.fill_(seen.sums.mean())
        if shares is None:
            self.value_range[0], self.value_range[1] = self.log_low, self.log_high
        tokens_of = lambda images: self.tokens_of(self.sequences_of(images.numpy()))  # noqa: E731
        moves, values = initialisation.first_steps(seen.first, tokens_of, network.moves.codes)
        if shares is not None and len(values):
            lowest = 0.0 if self.options.is_falling else values.min() - 0.1
            self.value_range[0], self.value_range[1] = lowest, values.max() + 0.1
        bins = self.value_bins
        counted = bins.category(values).bincount(minlength=bins.categories).double() + 1
        network.value.bias.copy_((counted / counted.sum()).log())
        network.places.start_from(initialisation.place_shares(seen.first), moves)
        withheld = self._condition({}, 1, withhold=False)[0]
        with torch.enable_grad():
            initialisation.fit_totals(network, seen, withheld)

    def fitted(self) -> dict[str, float]:
        """Smallest and largest value of the training images, mean of a pixel and of a sum."""
        return {
            "smallest_value": float(self.log_low.exp()),
            "largest_value": float(self.log_high.exp()),
            "mean_value": float(self.mean_value),
            "mean_sum": float(self.mean_total),
        }

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-density of the sequences, nats per image.

        In training each condition of an image is withheld now and then; in evaluation none.
        """
        condition = self._condition(columns, len(images), self.training)
        generator = None if self.training else torch.Generator().manual_seed(0)
        totals, nats, _ = self._nats(images, condition, generator)
        return (totals.sum() + nats.place.sum() + nats.value.sum()) / len(images)

    @torch.no_grad()
    def log_density(self, images: Tensor, **columns: Tensor) -> Tensor | None:
        """Log-density of images (B, H, W), (B,) nats, given their conditions.

        Of a model with other conditions than those that are there it is the density of images whose
        conditions are not known.

        Args:
            columns: (B,) conditions; the label is that of `choose_class` where it is not among
                them, all others that are not there are withheld.

        Returns:
            None for a walk, or where a condition is withheld that never was in training.
        """
        return self.log_density_lower_bound(images, **columns) if self.is_exact else None

    @torch.no_grad()
    def log_density_lower_bound(self, images: Tensor, **columns: Tensor) -> Tensor | None:
        """What is known of the log-density of a walk's images: `sequence_log_density`.

        Returns:
            None where a condition is withheld that never was in training.
        """
        if self.options.mass_first:  # an estimate: `density_estimates`
            return None
        there = {*columns, *self._chosen(len(images))}
        if set(self.columns) - there and not self.options.condition_dropout:
            return None
        return self.sequence_log_density(images, **columns)

    @torch.no_grad()
    def density_estimates(
        self, images: Tensor, draws: int, *, generator: torch.Generator
    ) -> Tensor | None:
        """With the mass first: p(mass) p(x | mass) / q(mass), the mass drawn near the image's own.

        Integrated over the mass, p(mass) p(x | mass) is the density of the images that are drawn.
        """
        if not self.options.mass_first:
            return None
        condition = self._condition(self._chosen(len(images)), len(images), withhold=False)
        found = [self._total(self._nats(images, condition, generator)) for _ in range(draws)]
        return -torch.stack(found)

    @torch.no_grad()
    def sequence_log_density(self, images: Tensor, **columns: Tensor) -> Tensor:
        """Log-density of the images' sequences, (B,) nats: of a walk a lower bound of the image's.

        The walk is a function of the image, but other orders of the same pixels have some
        probability, too. Measure and arguments as in `log_density`.
        """
        columns = {**self._chosen(len(images)), **columns}
        condition = self._condition(columns, len(images), withhold=False)
        generator = torch.Generator().manual_seed(0)
        return -self._total(self._nats(images, condition, generator))

    @staticmethod
    def _total(found: tuple[Tensor, Nats, Tokens]) -> Tensor:
        """The sum of what `_nats` gives, (B,)."""
        totals, nats, batch = found
        total = totals.double().index_add(0, batch.image, (nats.place + nats.value).double())
        return total.float()

    def token_nats(self, batch: Tokens, condition: Tensor) -> Nats:
        """Negative log-densities of the tokens.

        Args:
            batch: from `tokens`.
            condition: (B, width) of the images.
        """
        network = self.network
        if not len(batch.image):
            nothing = condition.new_zeros(0)
            return Nats(nothing, nothing)
        h = network.trunk(
            network.embed(
                batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window,
                condition[batch.image],
            ),
            batch.groups,
        )  # fmt: skip
        far = None
        if network.far is not None:
            here, there = (batch.row, batch.column), (batch.next_row, batch.next_column)
            far = network.far(h, *here, batch.step, *there, batch.groups)
        logits = network.value_logits(
            h, batch.next_row, batch.next_column, batch.move, batch.next_window, far,
            batch.momentum, batch.left.clamp(min=1), self.value_bins.middles,
        )  # fmt: skip
        bound = batch.bound if self.options.is_falling else None
        value = self.value_bins.nats(logits, batch.value, bound) + batch.log_slope
        value = value.where(batch.valued, 0.0)
        return Nats(network.places.nats(h, batch), value)

    def _nats(
        self, images: Tensor, condition: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Nats, Tokens]:
        """Of what is drawn first (B,), and of the tokens.

        Args:
            generator: of the noise on the mass; None: torch's own.
        """
        host = self._on_host(images)
        found = self.sequences_of(host)
        counts = torch.from_numpy(found.counts).to(condition.device, non_blocking=True)
        sums = torch.from_numpy(found.values.sum(1, dtype=np.float64)).to(condition.device)
        wanted, first = None, self.network.mass_first
        totals = self.network.totals.nats(condition, counts, sums)
        if first is not None:
            wanted, nats = first.near(condition, counts, sums, self.masses_of(images), generator)
            totals = totals + nats
        batch = self.tokens_of(found, wanted)
        return totals, self.token_nats(batch, condition), batch

    def masses_of(self, images: Tensor) -> Tensor:
        """Masses (B,) float64 of images (B, H, W)."""
        places = self.places_of_vectors[:-1]
        return mass_of(images.flatten(1).double().to(places.device) @ places)

    def _chosen(self, n: int) -> dict[str, Tensor]:
        """The label of `choose_class`, (n,), if one was chosen."""
        if self.chosen_class is None:
            return {}
        return {CLASS: torch.full((n,), self.chosen_class, device=self.log_low.device)}

    def _condition(self, columns: Mapping[str, Tensor], n: int, withhold: bool) -> Tensor:
        """The vector of the conditions, (n, width).

        Args:
            withhold: some conditions, at random.
        """
        codes = self.table.codes(columns, n)
        numbers, given = self.table.numbers(columns, n)
        if withhold and self.columns:
            # Some images lose each group of conditions with a probability of one half.
            some = torch.rand(n, 1) < self.options.condition_dropout
            groups = sorted({name.split("_")[0] for name in self.columns})
            kept = ~some | (torch.rand(n, len(groups)) < 0.5)
            names = [*self.table.classes, *self.table.measured]
            kept = kept[:, [groups.index(name.split("_")[0]) for name in names]].to(codes.device)
            codes = codes * kept[:, : codes.shape[1]]
            kept = kept[:, codes.shape[1] :]
            numbers, given = numbers * kept, given & kept
        vector: Tensor = self.network.conditions(codes, numbers, given)
        return vector

    def sequences_of(self, images: NDArray[np.float32]) -> Sequences:
        threads = torch.get_num_threads()
        if self.options.is_falling:
            return largest_first(images, threads)
        if self.order is None:
            return walks(images, self.options.cluster_pixels, threads)
        return in_fixed_order(images, self.order, threads)

    @torch.no_grad()
    def tokens_of(self, found: Sequences, wanted: Tensor | None = None) -> Tokens:
        moves = self.network.moves
        layout = lay_out(found, self.size[1], moves.reach, self.options.length_groups)
        return tokens(
            found, layout, self.size, moves, self.options.neighbourhood,
            self.options.value_bins, self.scale, self.shares, self.options.is_falling,
            wanted,
        )  # fmt: skip

    def _on_host(self, images: Tensor) -> NDArray[np.float32]:
        """Images on the host: the one wait for the device in a step."""
        if images.device.type != "cuda":
            return images.detach().cpu().numpy()
        host = torch.empty(images.shape, pin_memory=True)
        host.copy_(images, non_blocking=True)
        torch.cuda.current_stream(images.device).synchronize()
        return host.numpy()

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) float32; options as of `sample_events`."""
        return self.sample_events(n, generator=generator, **options)[0]

    @torch.no_grad()
    def sample_events(
        self,
        n: int,
        *,
        generator: torch.Generator,
        conditions: Mapping[str, Tensor] | None = None,
        slots: int | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw images (n, H, W) and the conditions (n,) that they were drawn for.

        Each image has a random stream of its own, whose seed it takes from the generator in turn,
        so the images do not depend on `slots`.

        Args:
            conditions: name to (), one value for all, or (n,); what is left out is withheld, or
                drawn from training images if nothing was withheld in training. None: all are those
                of training images.
            slots: images drawn at once (CPU: 128, GPU: 4096).

        Raises:
            DarkpixelError: conditioned, but not trained, or on what the model does not know.
        """
        seeds = torch.randint(2**62, (n,), generator=generator, device=generator.device)
        device = self.log_low.device
        given = {
            name: values.to(device) for name, values in self.given_conditions(n, conditions).items()
        }
        never_withheld = not self.options.condition_dropout
        if set(self.columns) - set(given) and (never_withheld or not set(given) - {CLASS}):
            given = self.table.draw(NAME, n, generator, given)
        sampler = Sampler(
            self.network, self.size, self.scale, self.value_bins, self.shares,
            self.options.is_falling, slots,
        )  # fmt: skip
        with evaluating(self):
            images = sampler.draw(seeds.to(device), self._condition(given, n, withhold=False))
        return images, given


def build(settings: Settings, height: int, width: int) -> SparseTransformer:
    """A new model for images (height, width)."""
    return SparseTransformer(settings, height, width)
