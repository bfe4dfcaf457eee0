"""The profiles beside that of Slurm."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

JOBS = """
rule all:
    input: expand("{n}.done", n=range(4))

rule train:
    output: "{n}.done"
    resources: gpu=1
    shell: "mkdir card && sleep 0.2 && rmdir card && touch {output}"
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "Snakefile").write_text(JOBS)
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "4", "--scheduler", "greedy", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_gpu_has_one_job_at_a_time(tmp_path: Path) -> None:
    """Whoever comes second finds the card taken; without the profile that happens."""
    profile = PROJECT / "profiles/one_gpu"
    done = run(tmp_path / "with", "--profile", str(profile))
    assert done.returncode == 0, done.stderr[-2000:]
    assert run(tmp_path / "without").returncode != 0


def test_jobs_that_train_count_for_the_profile(project) -> None:
    """Every job that uses a GPU says so in `resources`; a dry run with the profile plans them."""
    done = project.snakemake(
        "-n", "--profile", "profiles/one_gpu", "--configfile", "config/test.yaml"
    )
    assert done.returncode == 0, done.stdout[-3000:]
    jobs = done.stdout.split("\n\n")
    for job in jobs:
        if "rule train_model:" in job or "rule sample_whole:" in job:
            assert "gpu=1" in job, job
    assert any("rule train_model:" in job for job in jobs)
