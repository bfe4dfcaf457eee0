"""The frame of a script: its log, also where another job still writes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.job import job


def messages(log: Path) -> list[str]:
    """Without dates and levels; the first of each job says where it runs."""
    return [line.split(" ", 3)[-1] for line in log.read_text().splitlines()]


def test_a_log_is_of_the_last_job(tmp_path: Path) -> None:
    log = tmp_path / "new" / "job.log"
    for number in range(2):
        with job(log) as logger:
            logger.info("number %d", number)
    first, *others = messages(log)
    assert first.startswith("node=")
    assert others == ["number 1"]


def test_an_error_is_one_line_and_the_traceback_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "job.log"
    for error, told in (
        (DarkpixelError("a.h5: too small"), "a.h5: too small"),
        (ValueError("odd\nmore"), f"ValueError: odd (traceback in {log})"),
    ):
        with pytest.raises(SystemExit) as status, job(log):
            raise error
        assert status.value.code == 1
        assert capsys.readouterr().err == f"darkpixel: {told}\n"
        assert messages(log)[-1] == told
        assert ("Traceback" in log.read_text()) is isinstance(error, ValueError)


def test_a_job_that_is_refused_leaves_the_log_of_the_living_one(tmp_path: Path) -> None:
    """Snakemake was killed and started again; its first job trains on, and the second may not."""
    log = tmp_path / "job.log"
    code = f"""
import sys
from darkpixel.pipeline.job import job
with job({str(log)!r}) as logger:
    logger.info("epoch 1")
    print("written", flush=True)
    sys.stdin.readline()
    logger.info("epoch 2")
"""
    living = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert living.stdout is not None
    assert living.stdout.readline() == "written\n"
    with pytest.raises(SystemExit), job(log):
        raise DarkpixelError("a living training run holds this checkpoint folder")
    living.communicate("\n", timeout=60)
    assert living.returncode == 0
    assert [line.partition("=")[0] for line in messages(log)] == [
        "node", "epoch 1", "node", "a living training run holds this checkpoint folder", "epoch 2",
    ]  # fmt: skip
    assert "\0" not in log.read_text()
