"""Sparse autoregressive transformer: one step a non-zero pixel, in the order of a walk."""

from darkpixel.models.sparse_transformer.model import SparseTransformer, build
from darkpixel.models.sparse_transformer.settings import Settings

__all__ = ["Settings", "SparseTransformer", "build"]
