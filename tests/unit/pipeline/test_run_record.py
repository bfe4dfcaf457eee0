"""What made a run's results: its file, and the line in figures."""

import subprocess
from pathlib import Path

import pytest
import yaml
from matplotlib.figure import Figure

from darkpixel.config.names import MADE_BY
from darkpixel.figures.style import save
from darkpixel.pipeline.run_record import commit_of, made_by, write_run_record


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    assert commit_of(tmp_path / "nowhere") == "unknown"
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "first")
    clean = commit_of(tmp_path)
    assert len(clean) == 12
    (tmp_path / "file").write_text("2")
    assert commit_of(tmp_path) == f"{clean}-dirty"


def test_the_record_holds_configuration_commit_and_versions(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    config = {"run": "mine", "datasets": {"jets": None}}
    write_run_record(
        path, config, files=["config/config.yaml", "my.yaml"], commit="abc",
        command=["snakemake", "--cores", "2"],
    )  # fmt: skip
    record = yaml.safe_load(path.read_text())
    assert record["configuration"] == config
    assert record["configuration_files"] == ["config/config.yaml", "my.yaml"]
    assert record["commit"] == "abc"
    assert record["command"] == "snakemake --cores 2"
    assert {"darkpixel", "torch", "numpy"} <= record["versions"].keys()


def test_figures_carry_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = made_by("mine", "abc", ["config/config.yaml", "config/study.yaml", "/somewhere/my.yaml"])
    command = "snakemake --cores all --configfile config/study.yaml my.yaml"
    assert line.endswith(f"run 'mine', commit abc, command: {command}")
    monkeypatch.delenv(MADE_BY, raising=False)
    save(Figure(), tmp_path / "plain")
    monkeypatch.setenv(MADE_BY, line)
    save(Figure(), tmp_path / "told")
    for suffix in ("png", "pdf"):
        assert line.encode() in (tmp_path / f"told.{suffix}").read_bytes()
        assert b"commit" not in (tmp_path / f"plain.{suffix}").read_bytes()
