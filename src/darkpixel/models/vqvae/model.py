"""VQ-VAE: images to maps of codebook vectors and back (paper section 2, A.1, A.4, table 2).

The encoder turns every cell of 4x4 pixels (and what surrounds it) into a vector, the codebook
replaces it by its nearest entry, and the decoder makes the image from these. The indices of the
entries are the image's code map; `vqvae_pixelcnn` learns how code maps are distributed.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, mse_loss, pad

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import Batches, Trainable
from darkpixel.models.vqvae.codebook import Codebook, Quantised
from darkpixel.models.vqvae.settings import Settings

_START_PIXELS, _START_CELLS = 2048 * 64**2, 16384  # at most, for k-means


class VQVAE(Trainable):
    """Vector-quantised autoencoder of images of any size.

    Images are padded with empty pixels, below and to the right, to a multiple of the cell, and
    cropped back. The padding is narrower than a cell, so no code stands for padding alone.

    The decoder ends with a ReLU, which makes the zeros of its images exact; with `pixels: root`
    it also makes few pixels that are smaller than any of the training images, which are cut.

    Args:
        options: the settings.
        height, width: of the images, pixels.

    Attributes:
        cell: pixels per side of the square that one code stands for; 4 with two encoder filters.
        code_shape: rows and columns of a code map.
    """

    smallest_pixel: Tensor

    def __init__(self, options: Settings, height: int, width: int) -> None:
        super().__init__()
        self.options = options
        self.image_size = (height, width)
        self.cell = 2 ** len(options.encoder_filters)
        self.code_shape = (-(-height // self.cell), -(-width // self.cell))
        self.encoder = _encoder(options)
        self.codebook = Codebook(
            options.codes,
            options.dimension,
            ema_decay=options.ema_decay if options.codebook_update == "ema" else None,
            replace_after=options.replace_after,
        )
        self.decoder = _decoder(options)
        root = options.pixels == "root"
        self.register_buffer("smallest_pixel", torch.zeros(()), persistent=root)

    def encoder_outputs(self, images: Tensor) -> Tensor:
        """Vectors before quantisation: (N, H, W) -> (N, h, w, d)."""
        outputs: Tensor = self.encoder(self._padded(self.seen(images))[:, None])
        return outputs.movedim(1, -1)

    def decoder_outputs(self, vectors: Tensor) -> Tensor:
        """`seen` of the images that quantised vectors make: (N, h, w, d) -> (N, H, W), >= 0."""
        height, width = self.image_size
        outputs: Tensor = self.decoder(vectors.movedim(-1, 1))
        return outputs[:, 0, :height, :width]

    def seen(self, images: Tensor) -> Tensor:
        """What the network sees of pixels, any shape; zero for zero (option `pixels`)."""
        if self.options.pixels == "linear":
            return images
        return (images / self.options.pixel_scale + 0.25).sqrt() - 0.5

    def unseen(self, outputs: Tensor) -> Tensor:
        """The pixels of which the network sees `outputs`: the inverse of `seen`."""
        if self.options.pixels == "linear":
            return outputs
        return self.options.pixel_scale * (outputs + outputs.square())

    def error(self, outputs: Tensor, images: Tensor) -> Tensor:
        """How badly the decoder's outputs describe images, mean over pixels.

        With `pixels: root`, a quarter of the Poisson deviance of x / pixel_scale + 1/4, which is
        close to the squared error of what is seen. Of many images with the same codes the decoder
        then makes the mean, as with the squared error of x itself, and so keeps their total; with
        the squared error of the roots it would lose a fifth of a jet's pT.
        """
        if self.options.pixels == "linear":
            return mse_loss(outputs, images)
        wanted, decoded = self.seen(images) + 0.5, outputs + 0.5
        square = wanted.square()
        deviance = square * (wanted / decoded).log() - (square - decoded.square()) / 2
        return deviance.mean()

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Error of the image plus codebook and commitment losses (A.4), means over elements."""
        quantised: Quantised = self.codebook(self.encoder_outputs(images))
        error = self.error(self.decoder_outputs(quantised.vectors).float(), images)
        commitment = self.options.commitment * quantised.commitment_loss
        return error + quantised.codebook_loss + commitment

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """Code maps of images, (N, H, W) -> (N, h, w) int64."""
        return self.codebook.nearest(self.encoder_outputs(images).float())

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Images of code maps, (N, h, w) -> (N, H, W), not negative."""
        images = self.unseen(self.decoder_outputs(self.codebook.vectors[codes]))
        return torch.where(images >= self.smallest_pixel, images, 0.0)

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images (N, H, W) as they come back from their code maps."""
        return self.decode(self.encode(images))

    def parameter_counts(self) -> dict[str, int]:
        """With the codebook, which moving averages keep among the buffers."""
        counts = super().parameter_counts()
        if self.options.codebook_update == "ema":
            counts = {name: count + self.codebook.vectors.numel() for name, count in counts.items()}
        return counts

    def fitted(self) -> dict[str, float]:
        """With `pixels: root`, the smallest pixel of the training images."""
        if self.options.pixels == "linear":
            return {}
        return {"smallest_pixel": float(self.smallest_pixel)}

    def charged_cells(self, images: Tensor) -> Tensor:
        """Which codes stand for a cell that holds charge: (N, H, W) -> (N, h, w) bool."""
        charged: Tensor = max_pool2d(self._padded(images)[:, None], self.cell)[:, 0] > 0
        return charged

    @torch.no_grad()
    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """With `pixels: root`, find the smallest pixel; with `kmeans_start`, place the codebook.

        The seeds come from cells that hold charge, of the first training images: empty cells
        give few different outputs, and those next to charge are among the replacements later.

        Raises:
            DarkpixelError: these images hold no charge at all.
        """
        if self.options.pixels == "root":
            filled = (images[images > 0] for images in batches())
            smallest = min((float(pixels.min()) for pixels in filled if len(pixels)), default=0.0)
            self.smallest_pixel.fill_(smallest)
        if not self.options.kmeans_start:
            return
        height, width = self.image_size
        wanted = max(1, _START_PIXELS // (height * width))
        images = torch.cat(list(_first(batches(), wanted)))
        self.train()  # with the statistics of the images, as in the steps to come
        outputs = self.encoder_outputs(images)
        charged = outputs[self.charged_cells(images)]
        if not len(charged):
            raise DarkpixelError("training images: every pixel is zero; nothing to learn.")
        chosen = torch.randperm(len(charged))[:_START_CELLS]
        empty = outputs[~self.charged_cells(images)][:1]
        self.codebook.start(torch.cat([charged[chosen], empty]))

    def _padded(self, images: Tensor) -> Tensor:
        rows, columns = self.code_shape
        height, width = self.image_size
        return pad(images, (0, columns * self.cell - width, 0, rows * self.cell - height))


def _first(batches: Iterator[Tensor], images: int) -> Iterator[Tensor]:
    """The first `images` images of batches (b, H, W)."""
    for batch in batches:
        yield batch[:images]
        images -= len(batch)
        if images <= 0:
            return


def _encoder(options: Settings) -> nn.Sequential:
    """(N, 1, H, W) -> (N, d, h, w): 3x3 blocks with stride 2, then one that keeps the size."""
    layers: list[nn.Module] = []
    filters = [1, *options.encoder_filters]
    for inputs, outputs in pairwise(filters):
        layers += _block(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), options)
    last = nn.Conv2d(filters[-1], options.dimension, 3, padding=1)
    if options.architecture == "reference_code":
        return nn.Sequential(*layers, last, nn.ReLU(inplace=True))
    return nn.Sequential(*layers, *_block(last, options))


def _decoder(options: Settings) -> nn.Sequential:
    """(N, d, h, w) -> (N, 1, H, W), not negative; 4x4 transposed convolutions upsample."""
    first, *rest = options.decoder_filters
    layers: list[nn.Module] = []
    if options.architecture == "reference_code":
        filters = [options.dimension, first, *rest]
        for inputs, outputs in pairwise(filters):
            layers += [_upsampling(inputs, outputs), nn.ReLU(inplace=True)]
        return nn.Sequential(
            *layers, nn.Conv2d(filters[-1], 1, 3, padding=1), nn.ReLU(inplace=True)
        )
    layers += _block(nn.Conv2d(options.dimension, first, 3, padding=1), options)
    filters = [first, *rest]
    for inputs, outputs in pairwise(filters):
        layers += _block(_upsampling(inputs, outputs), options)
    # The last block has no batch normalisation: its outputs are pixels.
    return nn.Sequential(*layers, _upsampling(filters[-1], 1), nn.ReLU(inplace=True))


def _upsampling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)


def _block(convolution: nn.Conv2d | nn.ConvTranspose2d, options: Settings) -> list[nn.Module]:
    """Convolution, batch normalisation and ReLU in the order of the option `block`."""
    norm = nn.BatchNorm2d(convolution.out_channels)
    if options.block == "bn_relu":
        return [convolution, norm, nn.ReLU(inplace=True)]
    return [convolution, nn.ReLU(inplace=True), norm, nn.ReLU(inplace=True)]


def build(settings: Settings, height: int, width: int) -> VQVAE:
    """A new model.

    Raises:
        DarkpixelError: the decoder does not upsample as often as the encoder downsamples.
    """
    if len(settings.decoder_filters) != len(settings.encoder_filters):
        raise DarkpixelError(
            f"model vqvae: {len(settings.encoder_filters)} encoder_filters but "
            f"{len(settings.decoder_filters)} decoder_filters; give as many of each."
        )
    model = VQVAE(settings, height, width)
    # Few channels, many pixels: on a CPU the convolutions are a third faster with channels last.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
