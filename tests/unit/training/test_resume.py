"""Training that is killed at random moments ends with the weights of one that is not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import toy_training

from darkpixel.training.history import TIMING_COLUMNS

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The program of toy_training, and the file that holds its standard error."""
    log = tmp_path_factory.mktemp("server") / "stderr"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, toy_training.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "PYTHONWARNINGS": "ignore::DeprecationWarning",  # forking with threads
            },
        )
        with process:
            yield process, log
            assert process.stdin
            process.stdin.close()


def files(folder: Path) -> Path:
    toy_training.write_toy_images(folder / "train.h5", 400, seed=1)
    toy_training.write_toy_images(folder / "validation.h5", 60, seed=2)
    return folder


def history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "model" / "history.csv").drop(columns=list(TIMING_COLUMNS))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    folder = files(tmp_path_factory.mktemp("uninterrupted"))
    toy_training.train_toy(folder)
    return folder


@pytest.mark.parametrize("checkpoint_seconds", [0.0, 0.03])
def test_interrupted_training_gives_the_same_bytes(
    server, uninterrupted, tmp_path, checkpoint_seconds
):
    process, log = server
    folder = files(tmp_path)
    moments = random.Random(checkpoint_seconds)
    said = []

    def answer() -> list[str]:
        line: str = process.stdout.readline()
        return line.split()

    def start() -> int:
        process.stdin.write(f"{folder} {checkpoint_seconds}\n")
        process.stdin.flush()
        # The child may speak before its parent has told its number.
        lines = {line[0]: line[-1] for line in (answer(), answer())}
        assert lines.keys() == {"pid", "training"}
        return int(lines["pid"])

    for number in 2 * SIGNALS:
        before = log.stat().st_size
        child = start()
        time.sleep(moments.uniform(0, 0.12))
        os.kill(child, number)
        status = int(answer()[1])
        said.append(log.read_text()[before:])
        if number == signal.SIGKILL:
            assert status == -signal.SIGKILL
        else:
            assert status == 128 + number
            assert f"stopped by {number.name} at epoch" in said[-1]
            assert len(said[-1].splitlines()) == 1
        assert not (folder / "model").exists()
    start()
    assert answer() == ["ended", "0"]

    for name in ("model.safetensors", "epoch2.safetensors", "epoch8.safetensors"):
        expected = (uninterrupted / "model" / name).read_bytes()
        assert (folder / "model" / name).read_bytes() == expected, name
    pd.testing.assert_frame_equal(history(folder), history(uninterrupted), check_exact=True)
    assert not (folder / "checkpoints").exists()
    assert sorted(p.name for p in (folder / "model").iterdir()) == [
        "config.yaml",
        "epoch2.safetensors",
        "epoch8.safetensors",
        "history.csv",
        "model.safetensors",
    ]
