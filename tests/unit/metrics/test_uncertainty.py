"""Standard errors and what seeds say together, against their definitions."""

import math

import numpy as np
import pandas as pd
import pytest

from darkpixel.metrics.names import (
    generator_of,
    is_derived,
    is_quantised,
    is_reconstructed,
    quantised,
    reconstructed,
    snapshot,
    snapshot_epoch,
)
from darkpixel.metrics.uncertainty import over_seeds, standard_error


def test_standard_error_covers_the_mean_as_often_as_it_should():
    random = np.random.default_rng(1)
    samples = random.normal(3.0, 2.0, (2000, 50))
    inside = [abs(sample.mean() - 3) < standard_error(sample) for sample in samples]
    assert np.mean(inside) == pytest.approx(0.68, abs=0.03)
    assert standard_error(pd.Series([1.0, 3.0])) == pytest.approx(1.0)
    assert math.isnan(standard_error(np.array([1.0])))


def test_seeds_together():
    row = over_seeds([1.0, 3.0], [0.3, 0.4])
    assert row == {
        "value": 2.0,
        "error": pytest.approx(math.sqrt((0.09 + 0.16) / 2)),
        "seed_spread": pytest.approx(math.sqrt(2)),
        "seeds": 2,
    }
    assert math.isnan(over_seeds([1.0], [0.3])["seed_spread"])


def test_names_of_derived_sources_give_their_model_back():
    model = "sarm2_dd"
    assert generator_of(quantised(model)) == generator_of(reconstructed(model)) == model
    assert is_quantised(quantised(model))
    assert not is_quantised(reconstructed(model))
    assert is_reconstructed(reconstructed(model))
    assert not is_derived(model)
    assert generator_of(model) == model
    assert snapshot_epoch(snapshot(model, 12)) == 12
