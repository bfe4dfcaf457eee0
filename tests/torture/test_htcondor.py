"""HTCondor's plugin, which the lock leaves out since every Snakemake would load it."""

import subprocess
import sys
from pathlib import Path

from projects import Project
from reliability import Row, record, torture

pytestmark = torture

PLUGIN = ("snakemake-executor-plugin-htcondor==0.3.0", "htcondor==24.12.24")


def test_htcondor_plans_the_run(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--target", str(packages), *PLUGIN], check=True)
    project = Project(tmp_path / "a copy")
    done = project.snakemake(
        "-n", "--profile", "profiles/htcondor", "--configfile", "config/test.yaml",
        PYTHONPATH=str(packages),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "request_gpus=1" in done.stdout
    record(Row("HTCondor", "a run is planned with its plugin (dry run)", 1, 1, "the plan"))
