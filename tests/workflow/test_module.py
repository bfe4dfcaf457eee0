"""The workflow as a module of another one, with names of rules of its own there."""

import os
import subprocess
import sys
from pathlib import Path

from planning import PROJECT

SNAKEFILE = """
configfile: "{project}/config/config.yaml"

module darkpixel:
    snakefile: "{project}/Snakefile"
    config: config
    {more}

use rule * from darkpixel as darkpixel_*

rule ours:
    input: rules.darkpixel_all.input
    output: "ours.txt"
    default_target: True
    run: pass
"""


def planned(folder: Path, more: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "Snakefile").write_text(SNAKEFILE.format(project=PROJECT, more=more))
    (folder / "mine.yaml").write_text((PROJECT / "config/test.yaml").read_text())
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--cores", "1",
         "--configfile", "mine.yaml"],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip


def test_another_workflow_plans_our_rules_under_a_prefix(tmp_path: Path) -> None:
    done = planned(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("darkpixel_simulate_jets", "darkpixel_train_model", "darkpixel_draw_roc", "ours"):
        assert rule in done.stdout
    assert not (tmp_path / "results").exists()


def test_a_prefix_of_paths_is_refused_in_one_line(tmp_path: Path) -> None:
    done = planned(tmp_path, 'prefix: "ours"')
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "darkpixel: module: a `prefix:` of paths is not supported" in said
    assert "Traceback" not in said
