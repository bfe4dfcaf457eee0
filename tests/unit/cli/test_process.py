"""`darkpixel` as a process: its signals and its threads."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from image_files import write_images

from darkpixel.cli import info, main


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_stopped(number, monkeypatch, capsys):
    """One line, and what the command has begun is cleared away as it is left."""
    left = []

    def work(path):
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            left.append(path)

    monkeypatch.setattr(info, "facts_of", work)
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    assert main(["info", "x.h5"]) == 130
    assert capsys.readouterr().err == "darkpixel: stopped\n"
    assert left == [Path("x.h5")]
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before


def test_threads_wait_without_spinning(tmp_path, monkeypatch, capsys):
    """Unless the user says otherwise, and before anything is imported that starts threads."""
    images = str(write_images(tmp_path / "images.h5", np.ones((3, 4, 4))))
    for before, after in (("active", "active"), (None, "passive")):
        monkeypatch.setenv("OMP_WAIT_POLICY", before or "")
        if before is None:
            monkeypatch.delenv("OMP_WAIT_POLICY")
        assert main(["info", images]) == 0
        assert os.environ["OMP_WAIT_POLICY"] == after
