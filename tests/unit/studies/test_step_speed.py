"""Speeds that `darkpixel plan` measures: of real steps, once for each network."""

from pathlib import Path

import torch

from darkpixel.cli.measured import MeasuredSpeeds
from darkpixel.pipeline.job_sizes import Network
from darkpixel.studies.step_speed import step_times
from darkpixel.studies.subjects import Subject

SARM = {"model": "sarm", "layers": 1, "units": 16}


def test_a_larger_network_takes_longer() -> None:
    threads = torch.get_num_threads()
    small = step_times(Subject("small", SARM, "jets", 6), 16, 0.05)
    large = step_times(Subject("large", {**SARM, "layers": 3, "units": 400}, "jets", 16), 16, 0.05)
    assert 0 < small.training < large.training
    assert small.sampling is not None
    assert small.sampling > 0
    assert torch.get_num_threads() == threads
    encoder = {"model": "vqvae", "codes": 8, "dimension": 4}
    assert step_times(Subject("encoder", encoder, "lartpc", 8), 8, 0.02).sampling is None


def test_each_network_is_measured_once_and_kept(tmp_path: Path) -> None:
    network = Network("sarm", "jets", SARM, 6, 16)
    speeds = MeasuredSpeeds(0.02, tmp_path / "rates.json")
    first = speeds.training(network)
    assert first is not None
    assert speeds.training(network) == first
    again = MeasuredSpeeds(0.02, tmp_path / "rates.json")
    assert again.training(network) == first
    assert again.sampling(network) == speeds.sampling(network)
