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

use rule * from darkpixel as darkpixel_*

rule ours:
    input: rules.darkpixel_all.input
    output: "ours.txt"
    default_target: True
    run: pass
"""


def test_another_workflow_plans_our_rules_under_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(project=PROJECT))
    (tmp_path / "mine.yaml").write_text((PROJECT / "config/test.yaml").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--cores", "1",
         "--configfile", "mine.yaml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("darkpixel_simulate_jets", "darkpixel_train_model", "darkpixel_draw_roc", "ours"):
        assert rule in done.stdout
    assert not (tmp_path / "results").exists()
