"""The device of a network: one line where there is none of that name; bfloat16 where it is fast."""

import logging

import pytest
import torch

from darkpixel.errors import DarkpixelError
from darkpixel.models import device
from darkpixel.models.device import choose_device, uses_bfloat16

CPU = torch.device("cpu")


def test_a_device_that_is_not_there_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    with pytest.raises(DarkpixelError, match="cuda is not available to torch here; use auto"):
        choose_device("cuda")


@pytest.mark.parametrize("has_it", [True, False])
def test_bfloat16_on_a_cpu_only_where_it_is_asked_for_and_fast(monkeypatch, caplog, has_it):
    monkeypatch.setattr(device, "_cpu_has_bfloat16", lambda: has_it)
    with caplog.at_level(logging.INFO, device.__name__):
        assert not uses_bfloat16("auto", CPU)
        assert not uses_bfloat16("float32", CPU)
        assert not caplog.records
        assert uses_bfloat16("bfloat16", CPU) == has_it
    assert len(caplog.records) == (not has_it)


def test_memory_is_that_of_the_machine_or_what_the_job_may_have(monkeypatch, tmp_path):
    whole = device.memory_limit()
    assert 2**27 < whole < 2**50
    monkeypatch.setattr(device, "_CGROUPS", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    machine = device.memory_limit()
    assert machine >= whole
    (tmp_path / "memory.max").write_text("123456789\n")
    assert device.memory_limit() == 123456789
