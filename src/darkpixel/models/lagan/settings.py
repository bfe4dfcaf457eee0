"""Settings of LAGAN (arXiv:1701.05927)."""

from typing import ClassVar

from pydantic import Field

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of LAGAN. The defaults are its authors', who trained 50 epochs with a batch of 100,
    Adam at 2e-4 and betas (0.5, 0.999): keys of `training`."""

    joint: ClassVar[bool] = True
    classes: int = Field(
        2, ge=2, description="labels that it knows; a training takes them from its images"
    )
    latent: int = Field(200, ge=1, description="numbers that an image is made from")
    generator_filters: int = Field(64, ge=1, description="channels of the generator's convolution")
    discriminator_filters: int = Field(
        32, ge=1, description="channels of the discriminator's convolution"
    )
    dropout: float = Field(
        0.2, ge=0, lt=1, description="outputs dropped after each layer of the discriminator"
    )
    minibatch_kernels: int = Field(
        20, ge=1, description="kernels by which the discriminator compares images of a batch"
    )
    minibatch_dimensions: int = Field(10, ge=1, description="dimensions of each of them")
    label_flips: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="share of wrong answers given to the discriminator: real or not, and the "
        "labels of generated images; those of real images stay",
    )
    generator_label_flips: float = Field(
        0.09, ge=0, lt=1, description="share of wrong labels in the generator's steps"
    )
    scale: float = Field(
        100.0, gt=0, description="unit of the pixel values that the networks see, GeV"
    )
    threshold: float = Field(
        1e-3, ge=0, description="smaller pixels, real and generated, are zero; GeV"
    )
