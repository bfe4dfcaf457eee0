"""Odd input of honest people, and guards of the numbers: rows of the table from their own tests.

`make test` runs these tests where they stand; here they are run again and counted.
"""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import pytest
from reliability import Row, record, torture
from repository import ROOT


class Part(NamedTuple):
    """Tests of one kind of input.

    Attributes:
        part, what: of the row.
        seen: by the user.
        tests: below `tests/unit`, with the names that are meant if not all are.
    """

    part: str
    what: str
    seen: str
    tests: tuple[str, ...]


LINE = "one line with what was found and what to do"
PARTS = (
    Part(
        "Odd input", "HDF5 files of [formats](formats.md)", "their images, or one line",
        ("formats/test_hdf5_cases.py",),
    ),
    Part(
        "Odd input", "image files with a fault", LINE,
        ("formats/test_image_file_faults.py",),
    ),
    Part(
        "Odd input", "bombs, and links to what is no file", LINE, ("formats/test_hdf5_bombs.py",)
    ),
    Part(
        "Odd input", "own files: columns, units, kinds", "converted, or one line",
        ("datasets/test_own_files.py",),
    ),
    Part(
        "Odd input", "events that occur twice", "named, and kept on one side",
        ("datasets/test_repeats.py",),
    ),
    Part(
        "Odd input", "the order of a file", "numbers that do not depend on it",
        ("datasets/test_shuffling.py",),
    ),
    Part(
        "Odd input", "arrays and showers of other programs", "their images, or one line",
        ("datasets/test_foreign.py",),
    ),
    Part("Odd input", "YAML", LINE, ("config/test_yaml_files.py",)),
    Part("Odd input", "the command line", LINE, ("cli/test_mistakes.py",)),
    Part(
        "Odd input", "servers", "the file from the next mirror, or one line",
        ("formats/test_download.py", "formats/test_hostile_servers.py"),
    ),
    Part(
        "Odd input", "trees of ROOT files", "their images, or one line",
        ("formats/test_larcv.py",),
    ),
    Part(
        "Odd input", "labels and names of models", "they work, or one line",
        ("config/test_labels.py",),
    ),
    Part(
        "Odd input", "folders and files of odd names", "they work, or one line",
        ("cli/test_odd_paths.py",),
    ),
    Part(
        "Odd input", "units that do not match", "converted, or one line",
        ("formats/test_units.py",),
    ),
    Part(
        "Odd input", "grids of one level", "one line",
        ("models/test_grid_levels.py",),
    ),
    Part("Odd input", "pipes, devices and links in the place of files", LINE,
         ("formats/test_files.py",)),
    Part(
        "Odd input", "data of another Pythia", "its own are used",
        ("simulation/test_pythia.py",),
    ),
    Part(
        "Guard", "one-class labels, empty splits, constant images, exploding gradients",
        "one line, or a warning", ("training/test_guards.py",),
    ),
    Part(
        "Guard", "losses and gradients that are not finite", "one line",
        ("training/test_training.py::test_what_is_not_finite_stops_with_one_line",),
    ),
    Part(
        "Guard", "a collapsed codebook", "one line",
        ("models/vqvae/test_vqvae.py::test_a_collapsed_codebook_stops_the_training",),
    ),
    Part(
        "Guard", "collapsed samples", "rows that say so",
        ("metrics/test_diversity.py::test_every_kind_of_collapse_is_found",),
    ),
    Part(
        "Guard", "blank images alone", "one line",
        (
            "datasets/test_prepare.py::test_blank_images_alone_are_refused",
            "models/sarm/test_sarm.py::test_blank_training_images_are_refused",
            "models/vqvae/test_vqvae.py::test_k_means_start_refuses_blank_images",
        ),
    ),
)  # fmt: skip


@torture
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.what)
def test_tests_of_odd_input_are_counted(part: Part, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    names = [f"tests/unit/{name}" for name in part.tests]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    ended = subprocess.run(
        [*command, f"--junitxml={report}", f"--basetemp={tmp_path / 'own'}", *names],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert report.is_file(), ended.stdout + ended.stderr
    suite = next(ET.parse(report).iter("testsuite"))
    tried = int(suite.attrib["tests"]) - int(suite.attrib["skipped"])
    bad = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    record(Row(part.part, part.what, tried, tried - bad, part.seen))
    assert tried > 0
    assert ended.returncode == 0, ended.stdout[-5000:]


def test_what_is_counted_is_there() -> None:
    for part in PARTS:
        for name in part.tests:
            file, _, function = name.partition("::")
            assert f"def {function or 'test_'}" in (ROOT / "tests/unit" / file).read_text(), name
