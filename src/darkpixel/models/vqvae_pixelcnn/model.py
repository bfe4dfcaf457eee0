"""PixelCNN over the codes of a VQ-VAE, whose decoder makes the images (LArTPC section 2).

The VQ-VAE is trained before and does not change any more. `loss` and `log_prob` take code maps,
as `darkpixel.models.vqvae.codes` writes them; `sample` gives images.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.build import build_model
from darkpixel.models.conditions import Condition
from darkpixel.models.folder import load_config
from darkpixel.models.sampling import evaluating
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.models.vqvae_pixelcnn.gated_pixelcnn import GatedOptions, GatedPixelCNN
from darkpixel.models.vqvae_pixelcnn.sampler import sample_maps
from darkpixel.models.vqvae_pixelcnn.settings import Settings


class VQVAEPixelCNN(GenerativeModel):
    """p(image) as p(code map) and the decoder of a trained VQ-VAE.

    Args:
        options: the settings.
        autoencoder: the VQ-VAE; its weights come by `adopt_autoencoder` or with the model's own.

    Attributes:
        input_size: rows and columns of the code maps that `loss` takes.
    """

    species: Tensor
    species_counts: Tensor

    def __init__(self, options: Settings, autoencoder: VQVAE) -> None:
        super().__init__()
        self.options = options
        self.autoencoder = autoencoder.requires_grad_(False).eval()
        codes, filters = autoencoder.options.codes, options.filters
        conditioned = options.condition is not None
        self.prior = GatedPixelCNN(
            GatedOptions(
                codes=codes,
                filters=filters,
                blocks=options.blocks,
                first_kernel=options.first_kernel,
                kernel=options.kernel,
                masks=options.masks,
                gate=options.gate,
                vertical_residual=options.vertical_residual,
                head_filters=codes if options.head_filters == "codes" else filters,
                head_relu=options.head_activation == "relu",
                embedding=autoencoder.options.dimension,
                classes=len(options.species) if conditioned else 0,
                dropout=options.dropout,
            )
        )
        self.prior.embedding.requires_grad_(options.embedding == "learned")
        self._embed_codebook()
        self.columns = ("species",) if conditioned else ()
        self.register_buffer("species", torch.tensor(options.species), persistent=False)
        # Of the training images: the mix that is sampled.
        counts = torch.zeros(len(options.species) if conditioned else 0, dtype=torch.int64)
        self.register_buffer("species_counts", counts, persistent=conditioned)

    @property
    def input_size(self) -> tuple[int, int]:
        """Rows and columns of a code map."""
        return self.autoencoder.code_shape

    def adopt_autoencoder(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of the trained VQ-VAE, as its own `state_dict` gives them.

        The codes' embedding starts anew at the codebook's vectors: call it before the training.

        Raises:
            DarkpixelError: they do not fit the settings.
        """
        try:
            self.autoencoder.load_state_dict(state)
        except RuntimeError as error:
            raise DarkpixelError(
                "model vqvae_pixelcnn: autoencoder: the weights do not fit its settings; "
                f"train it again ({str(error).splitlines()[-1].strip()})."
            ) from error
        self._embed_codebook()

    @torch.no_grad()
    def _embed_codebook(self) -> None:
        self.prior.embedding.weight.copy_(self.autoencoder.codebook.vectors)

    def train(self, mode: bool = True) -> Self:
        """As for every module, but the VQ-VAE stays as it was trained."""
        super().train(mode)
        self.autoencoder.eval()
        return self

    def phase_parameters(self, phase: str) -> Iterable[nn.Parameter]:
        """Those of the PixelCNN."""
        return (p for p in self.prior.parameters() if p.requires_grad)

    @torch.no_grad()
    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Start the bias of the last layer at the frequencies of the codes.

        Raises:
            DarkpixelError: a code that the VQ-VAE does not have.
        """
        bias = self.prior.logits.bias
        assert bias is not None
        counts = torch.ones_like(bias, dtype=torch.float64)
        for maps in batches():
            largest = int(maps.max())
            if largest >= len(counts):
                raise DarkpixelError(
                    f"training maps: code {largest}, but the autoencoder has {len(counts)} codes; "
                    "encode the images with this autoencoder."
                )
            counts += maps.long().flatten().bincount(minlength=len(counts)).to(counts)
        bias.copy_((counts / counts.sum()).log())

    def log_prob(self, codes: Tensor, species: Tensor | None = None) -> Tensor:
        """Log-probability of code maps, given the species if the model is conditioned on it.

        Args:
            codes: (B, h, w), integers of any type.
            species: (B,), PDG codes.

        Returns:
            (B,) nats.
        """
        codes = codes.long()
        logits = self.prior(codes, None if species is None else self._classes(species))
        losses = F.cross_entropy(logits.flatten(0, 2), codes.flatten(), reduction="none")
        return -losses.view(len(codes), -1).sum(1)

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-probability, nats per code map (B, h, w)."""
        species = columns.get("species")
        if species is not None and self.training:
            self.species_counts += self._classes(species).bincount(minlength=len(self.species))
        return -self.log_prob(images, species).mean()

    def _classes(self, species: Tensor) -> Tensor:
        """PDG codes (B,) -> places in the list of species (B,).

        Raises:
            DarkpixelError: a species is not in the list.
        """
        matches = species.long()[:, None] == self.species
        known = matches.any(1)
        if not bool(known.all()):
            raise DarkpixelError(
                f"model vqvae_pixelcnn: species: {int(species[~known][0])} among the images is not "
                f"in the list {self.options.species}; add it."
            )
        return matches.int().argmax(1)

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) float32; option `batch`: images at once (256)."""
        return self.sample_events(n, generator=generator, **options)[0]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The species, if the model is conditioned on it."""
        if self.options.condition is None:
            return ()
        return (Condition("species", tuple(self.options.species)),)

    @torch.no_grad()
    def sample_events(
        self,
        n: int,
        *,
        generator: torch.Generator,
        conditions: Mapping[str, Tensor] | None = None,
        batch: int = 256,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw images (n, H, W), exact, with their `codes` (n, h, w) int32.

        With the setting `condition`, their `species` (n,) int32 come too: those of `conditions`, or
        the mix of the training images.

        Each image takes its uniforms from the generator in turn, so the images do not depend on
        `batch`.

        Raises:
            DarkpixelError: as the base class; the mix is wanted, but the model is not trained.
        """
        given = self.given_conditions(n, conditions).get("species")
        conditioned = self.options.condition is not None
        if conditioned and given is None and not bool(self.species_counts.any()):
            raise DarkpixelError(
                "model vqvae_pixelcnn: the species mix is that of the training images; "
                "train the model before sampling."
            )
        device = self.species.device
        images = torch.empty(n, *self.image_size, device=device)
        codes = torch.empty(n, *self.input_size, dtype=torch.int32, device=device)
        species = torch.empty(n, dtype=torch.int32, device=device)
        with evaluating(self):
            for some, drawn, classes in sample_maps(
                self.prior,
                n,
                self.input_size,
                generator=generator,
                class_counts=self.species_counts if conditioned else None,
                classes=None if given is None else self._classes(given.to(device)),
                batch=batch,
            ):
                codes[some] = drawn.int()
                images[some] = self.autoencoder.decode(drawn)
                if classes is not None:
                    species[some] = self.species[classes].int()
        return images, {"codes": codes, "species": species} if conditioned else {"codes": codes}

    def parameter_counts(self) -> dict[str, int]:
        """Of the PixelCNN, whose kernels hold no masked weights; the VQ-VAE's apart."""
        total = sum(p.numel() for p in self.phase_parameters("model"))
        frozen = sum(p.numel() for p in self.autoencoder.parameters())
        return {"dense": total, "free": total, "autoencoder": frozen}


def with_autoencoder(
    settings: Mapping[str, Any], folder: str | Path
) -> tuple[dict[str, Any], tuple[int, int]]:
    """Settings and image size of a PixelCNN on the codes of the VQ-VAE trained in `folder`.

    `build_model` takes both; then `adopt_autoencoder(load_model(folder).state_dict())`.

    Raises:
        DarkpixelError: no VQ-VAE was trained there.
    """
    config = load_config(folder)
    if config["model"].get("model") != "vqvae":
        raise DarkpixelError(
            f"{folder}: holds a model '{config['model'].get('model')}'; autoencoder must name a "
            "vqvae."
        )
    height, width = config["image_size"]
    return {**settings, "autoencoder": config["model"]}, (height, width)


def build(settings: Settings, height: int, width: int) -> VQVAEPixelCNN:
    """A new model; the VQ-VAE's weights are random until `adopt_autoencoder`.

    Raises:
        DarkpixelError: the settings lack the autoencoder, or hold another kind of model.
    """
    if settings.autoencoder is None:
        raise DarkpixelError(
            "model vqvae_pixelcnn: the settings of its autoencoder are missing (see "
            "with_autoencoder)."
        )
    autoencoder = build_model(settings.autoencoder, (height, width))
    if not isinstance(autoencoder, VQVAE):
        raise DarkpixelError(
            f"model vqvae_pixelcnn: autoencoder is a '{settings.autoencoder.get('model')}'; a "
            "vqvae is needed."
        )
    return VQVAEPixelCNN(settings, autoencoder)
