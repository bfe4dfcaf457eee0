"""Which models share a panel."""

from collections.abc import Sequence

from darkpixel.metrics.names import is_reconstructed
from darkpixel.metrics.order import base_model

MOST_MODELS = 4
"""In one panel, beside the test images: more curves are not told apart."""
TALLEST = 2.5
"""Height of the axis in units of the test images' highest bin: a model may have a spike."""


def drawn_models(models: Sequence[str]) -> list[str]:
    """At most `MOST_MODELS`, in their order: of different kinds, then variants, then reconstructed.

    Of each kind the first is taken, which may be a variant of a model that is not among them.

    Example:
        >>> drawn_models(["sarm1_dd", "vqvae_pixelcnn", "vqvae_pixelcnn_256", "a", "b", "c"])
        ['sarm1_dd', 'vqvae_pixelcnn', 'a', 'b']
    """
    derived = [model for model in models if is_reconstructed(model)]
    first = {base_model(model) or model: model for model in reversed(models)}
    kinds = [model for model in models if model in first.values() and model not in derived]
    variants = [model for model in models if model not in [*kinds, *derived]]
    chosen = [*kinds, *variants, *derived][:MOST_MODELS]
    return [model for model in models if model in chosen]
