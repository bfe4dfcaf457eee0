"""The benchmark of cores: it tells images that differ, and has every generator."""

import os

import torch
from sarm_toys import make_sarm

from bench.cores import SAMPLERS, compare, images_at_once
from darkpixel.config.discovery import model_names
from darkpixel.models.base import GenerativeModel
from darkpixel.models.build import build_model


def test_a_row_says_whether_the_images_are_the_same(monkeypatch):
    model = make_sarm(8, layers=1)
    row = compare("toy", model, cores=2, repetitions=1, seconds=0.01).split()
    assert row[0] == "toy"
    assert row[-1] == "yes"
    assert all(float(number) > 0 for number in row[1:-1])

    def by_process(n, *, generator):
        return torch.full((n, 8, 8), float(os.getpid())), {}

    monkeypatch.setattr(model, "sample_events", by_process)
    assert compare("toy", model, cores=2, repetitions=1, seconds=0.0001).endswith("NO")


def test_blocks_are_no_larger_than_time_allows():
    assert images_at_once(make_sarm(8, layers=1), 0.0) == 8


def test_every_generator_is_measured():
    more = {"vqvae_pixelcnn": {"autoencoder": {"model": "vqvae"}}}
    generators = {
        name
        for name in model_names()
        if isinstance(build_model({"model": name, **more.get(name, {})}, (28, 28)), GenerativeModel)
    }
    assert generators == {sampler.model for sampler in SAMPLERS.values()}
