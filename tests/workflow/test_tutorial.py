"""docs/tutorial.md: its files and commands, taken from the page and run at a smaller size.

`darkpixel` and the page's own programs run in this process, which imports torch once; Snakemake as
users call it. What the page shows of an answer must be in the answer, numbers aside.
"""

import re
import runpy
import shlex
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
from projects import Project

from darkpixel.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs/tutorial.md"
TEXT = PAGE.read_text()
SMALLER = {"4000": "200", "1000": "20"}
"""Numbers in the commands."""

OVERLAY = "--configfile config/test.yaml tutorial.yaml"
SAMPLES = "results/tutorial/samples/jets/photons/sparse_transformer/seed1.h5"


class Step(NamedTuple):
    """One command of the page, and the lines below it."""

    command: str
    shown: list[str]


def steps() -> list[Step]:
    found: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append(Step(" ".join(line[2:].split()), []))
            else:
                found[-1].shown.append(line)
    return found


def words(line: str) -> str:
    """A line without its numbers and spaces; of the row of a table, what it is about."""
    if line.startswith("|"):
        line = re.sub(r"\(.*?\)", "", line.split("|")[1])
    return re.sub(r"[-\d.,\s]+", " ", line).strip()


def run(step: Step, project: Project, monkeypatch, capsys) -> str:
    """Run a command in the project's folder; returns what it printed."""
    command = re.sub(r"\b(4000|1000)\b", lambda number: SMALLER[number[0]], step.command)
    program, *arguments = shlex.split(command)
    if program == "snakemake":
        if "report" in arguments:
            arguments.append("-n")  # everything else of the run: minutes
        smaller = shlex.split(shlex.join(arguments).replace("--configfile tutorial.yaml", OVERLAY))
        done = project.snakemake(*smaller)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout
    if program == "python":
        monkeypatch.setattr("sys.argv", arguments)
        runpy.run_path(arguments[0])
    else:
        assert program == "darkpixel"
        assert main(arguments) == 0, capsys.readouterr().err
    return "\n".join(capsys.readouterr())


def test_the_tutorial_runs(project, monkeypatch, capsys):
    block = r"Save this as `(\w+\.py)`.*?\n```python\n(.*?)^```"
    saved = re.findall(block, TEXT, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in saved] == ["showers.py"]
    for name, text in saved:
        (project.folder / name).write_text(text)
    monkeypatch.chdir(project.folder)
    done = set()
    for step in steps():
        printed = run(step, project, monkeypatch, capsys)
        answered = {words(line) for line in printed.splitlines()}
        for line in step.shown:
            assert line == "..." or words(line) in answered, f"{step.command}: {line}\n{printed}"
        done.add(" ".join(step.command.split()[:2]))
    assert len(done) > 7
    with h5py.File(SAMPLES) as file:
        assert file["images"].shape[1:] == (16, 16)
    assert np.load("more.npy").shape == (20, 16, 16)
    assert Path("photons.html").is_file()
