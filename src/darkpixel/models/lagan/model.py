"""LAGAN, the location-aware generative adversarial network (SARM's baseline, section 6.1).

L. de Oliveira, M. Paganini, B. Nachman, arXiv:1701.05927: an auxiliary-classifier GAN whose later
layers are locally connected and whose images end in a ReLU, which makes the zeros. One model draws
the images of all labels, conditioned on the label.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.config.names import CLASS
from darkpixel.models.base import Batches, GenerativeModel, require_size
from darkpixel.models.conditions import Condition
from darkpixel.models.lagan.networks import Discriminator, Generator
from darkpixel.models.lagan.settings import Settings
from darkpixel.models.sampling import evaluating

PIECE = 256
"""Images generated at once: the patches of a locally connected layer take 0.3 MB an image."""


class LAGAN(GenerativeModel):
    """A generator that a discriminator cannot tell from the images, after enough training.

    A step on one batch is the authors': the discriminator on the real images, the discriminator on
    as many generated ones, then the generator twice. Generated images for the discriminator come
    from the generator in evaluation mode, as the samples do.

    25x25 pixels is the authors' size. Others get the smallest maps at the start from which two
    doublings reach three pixels more than the image; what is beyond is cropped before the last
    locally connected layers. The discriminator takes any size as it is.

    Args:
        settings: the settings.
        height, width: of the images, pixels, 12 at least.

    Raises:
        DarkpixelError: the images are smaller.
    """

    phases = ("discriminator:real", "discriminator:generated", "generator", "generator")
    columns = ("class",)
    spread: Tensor

    def __init__(self, settings: Settings, height: int, width: int) -> None:
        super().__init__()
        require_size("lagan", height, width, 12)
        self.options = settings
        self.generator = Generator(
            height,
            width,
            classes=settings.classes,
            latent=settings.latent,
            filters=settings.generator_filters,
        )
        self.discriminator = Discriminator(
            height,
            width,
            classes=settings.classes,
            filters=settings.discriminator_filters,
            dropout=settings.dropout,
            kernels=(settings.minibatch_kernels, settings.minibatch_dimensions),
        )
        self.register_buffer("spread", torch.ones(4))  # one for each of `_descriptions`

    def phase_parameters(self, phase: str) -> Iterable[nn.Parameter]:
        network: nn.Module = getattr(self, phase)
        return network.parameters()

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """The spreads in which `validation_loss` counts."""
        count = 0
        sums: list[tuple[Tensor, Tensor]] = []
        for images in batches():
            values = [value.double() for value in _descriptions(images)]
            new = [(value.sum(0), value.square().sum(0)) for value in values]
            held = zip(sums, new, strict=True)
            sums = [(a + c, b + d) for (a, b), (c, d) in held] if count else new
            count += len(images)
        variances = [(b / count - (a / count).square()).sum() for a, b in sums]
        spread = torch.stack(variances).clamp(min=0).sqrt()
        self.spread = torch.where(spread > 0, spread, 1.0).to(self.spread)

    def loss(self, images: Tensor, phase: str = "generator", **columns: Tensor) -> Tensor:
        """Cross-entropies of "real or not" and of the label, nats; see the base class.

        The discriminator sees real and generated images in batches of their own: in a mixed batch,
        normalisation and the comparison between its images would give them away.
        """
        if phase not in self.phases:
            raise ValueError(f"phase {phase!r}: one of {', '.join(dict.fromkeys(self.phases))}")
        options, batch = self.options, len(images)
        if phase == "generator":
            classes = self._random_classes(images)
            made = self.generator(self._noise(images), classes)
            with _frozen(self.discriminator):
                answers = self.discriminator(made)
            labels = flipped(classes, options.generator_label_flips, options.classes)
            return _cross_entropy(answers, torch.ones_like(labels), labels)
        real = phase == "discriminator:real"
        if real:
            labels = columns["class"].long()
            shown = self._to_network(images)
        else:
            classes = self._random_classes(images)
            with torch.no_grad(), evaluating(self.generator):
                shown = self.generator(self._noise(images), classes)
            labels = flipped(classes, options.label_flips, options.classes)
        truth = torch.full((batch,), int(real), device=images.device)
        return _cross_entropy(
            self.discriminator(shown),
            flipped(truth, options.label_flips, 2),
            labels,
        )

    def validation_loss(self, images: Tensor, **columns: Tensor) -> Tensor:
        """Energy distance between the images and as many generated ones, label by label.

        The losses of the two networks are relative to each other and rank no epochs. This is the
        mean energy distance, 2 E|x - y| - E|x - x'| - E|y - y'|, of four descriptions of an image
        in units of their spread over the training images: sum of the pixels, mass (for small
        angles), number of non-zero pixels, and asinh of all pixels, which a collapsed generator
        fails. Zero for a perfect generator; the estimate has no bias at any batch size, so its
        mean over batches is that of all images, where a mean W1 would be mostly noise.
        """
        present = columns["class"].long()
        total = images.new_zeros(())
        for index in range(self.options.classes):
            mine = images[present == index]
            if len(mine) < 2:  # no pair to take a distance of
                continue
            classes = torch.full((len(mine),), index, device=images.device)
            made = self._to_images(self.generator(self._noise(mine), classes))
            described = zip(_descriptions(mine), _descriptions(made), self.spread, strict=True)
            distances = [_energy_distance(x / spread, y / spread) for x, y, spread in described]
            total = total + torch.stack(distances).mean() * len(mine) / len(images)
        return total

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The label."""
        return (Condition(CLASS, tuple(range(self.options.classes))),)

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
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Images (n, H, W) and their `class` (n,) uint8.

        The labels are the given ones, or the chosen one, or else drawn at random, all alike often.
        """
        given = self.given_conditions(n, conditions)
        device, source = self.spread.device, generator.device
        latent = torch.randn((n, self.options.latent), generator=generator, device=source)
        if CLASS in given:
            classes = given[CLASS].long()
        else:
            classes = torch.randint(self.options.classes, (n,), generator=generator, device=source)
        pieces = zip(latent.split(PIECE), classes.split(PIECE), strict=True)
        with evaluating(self.generator):
            made = [self.generator(z.to(device), labels.to(device)) for z, labels in pieces]
        return self._to_images(torch.cat(made)), {CLASS: classes.to(torch.uint8)}

    def images_of(self, latent: Tensor, classes: Tensor) -> Tensor:
        """Images (B, H, W) of latent numbers (B, latent) and classes (B,), in the set mode."""
        return self._to_images(self.generator(latent, classes))

    def _noise(self, images: Tensor) -> Tensor:
        return torch.randn(len(images), self.options.latent, device=images.device)

    def _random_classes(self, images: Tensor) -> Tensor:
        return torch.randint(self.options.classes, (len(images),), device=images.device)

    def _to_network(self, images: Tensor) -> Tensor:
        return F.threshold(images, self.options.threshold, 0.0) / self.options.scale

    def _to_images(self, made: Tensor) -> Tensor:
        return F.threshold(made.float() * self.options.scale, self.options.threshold, 0.0)


def flipped(labels: Tensor, share: float, classes: int) -> Tensor:
    """Labels (B,), each replaced by a random other one with the probability `share`."""
    other = torch.randint(1, classes, labels.shape, device=labels.device)
    wrong = torch.rand(labels.shape, device=labels.device) < share
    return torch.where(wrong, (labels + other) % classes, labels)


def _cross_entropy(answers: tuple[Tensor, Tensor], real: Tensor, labels: Tensor) -> Tensor:
    logits, label_logits = answers[0].float(), answers[1].float()
    return F.binary_cross_entropy_with_logits(logits, real.float()) + F.cross_entropy(
        label_logits, labels
    )


def _descriptions(images: Tensor) -> Sequence[Tensor]:
    """Descriptions of images (B, H, W), each (B, d): see `LAGAN.validation_loss`."""
    _, height, width = images.shape
    rows = torch.arange(height, device=images.device) - (height - 1) / 2
    columns = torch.arange(width, device=images.device) - (width - 1) / 2
    squared = rows[:, None] ** 2 + columns**2
    total = images.sum((1, 2))
    second = (images * squared).sum((1, 2))
    first = (images.sum(2) @ rows).square() + (images.sum(1) @ columns).square()
    return [
        total[:, None],
        # The mass in units of GeV times pixels, where angles are small.
        (total * second - first).clamp(min=0).sqrt()[:, None],
        (images > 0).sum((1, 2))[:, None].to(images.dtype),
        images.flatten(1).asinh(),
    ]


def _energy_distance(x: Tensor, y: Tensor) -> Tensor:
    """Unbiased estimate of the energy distance of samples (n, d) and (m, d)."""

    def within(values: Tensor) -> Tensor:
        return torch.cdist(values, values).sum() / (len(values) * (len(values) - 1))

    return 2 * torch.cdist(x, y).mean() - within(x) - within(y)


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    """What is computed within the block gives no gradients to the network's weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def build(settings: Settings, height: int, width: int) -> LAGAN:
    return LAGAN(settings, height, width)
