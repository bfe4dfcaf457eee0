"""Display names."""

from darkpixel.config.names import MONTE_CARLO, OWN_IMAGES
from darkpixel.tables.names import display_name


def test_own_images_are_a_reference(monkeypatch):
    """Whether they are a simulation, nobody but their user knows."""
    monkeypatch.setenv(OWN_IMAGES, "jets photons")
    assert display_name(MONTE_CARLO, "jets") == "reference"
    assert display_name(MONTE_CARLO, "muons") == "Monte Carlo"
    assert display_name(MONTE_CARLO, "lartpc") == "test images"
    assert "quantised reference" in display_name("quantised_sarm2_dd", "jets")
