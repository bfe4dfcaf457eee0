"""The weights that come with the repository draw images with the model as it is now."""

from pathlib import Path

import torch
from typed_models import load

from darkpixel.models.sparse_transformer.model import SparseTransformer

WEIGHTS = Path(__file__).parents[4] / "weights/lartpc_sparse_transformer"
IMAGES = 8


def test_shipped_weights_know_the_species_that_they_are_asked_for():
    model = load(SparseTransformer, WEIGHTS).eval()
    momentum = torch.tensor(500.0)
    means = {}
    for species, other in ((13, 11), (11, 13)):
        asked = {"species": torch.tensor(species), "momentum": momentum}
        images, columns = model.sample_events(
            IMAGES, generator=torch.Generator().manual_seed(1), conditions=asked
        )
        assert images.shape == (IMAGES, 64, 64)
        assert columns["species"].tolist() == [species] * IMAGES
        density = model.sequence_log_density(images, **columns)
        # An image is likelier for the particle that it was drawn for.
        exchanged = {**columns, "species": torch.full((IMAGES,), other)}
        assert float((density - model.sequence_log_density(images, **exchanged)).mean()) > 2
        means[species] = float((images > 0).sum((1, 2)).double().mean())
    assert 20 < means[13] < means[11] < 400  # a track has fewer pixels than a shower
