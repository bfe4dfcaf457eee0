"""darkpixel: train, sample and judge generative models of sparse detector images."""

__version__ = "0.1.0"
