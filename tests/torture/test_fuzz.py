"""Damaged files: every reader reads them, or refuses them in one line that names the file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fuzz_targets import NAMES, targets
from fuzzing import READ, REFUSED, Target, fuzz
from reliability import Row, is_whole, record

from darkpixel.formats import hdf5_probe

TRIES = -(-(10_000 if is_whole() else 300) // len(NAMES))
"""Damaged files for each reader."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the readers run in forked processes
    yield {target.name: target for target in targets(tmp_path_factory.mktemp("whole"))}
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", NAMES)
def test_no_damaged_file_does_harm(
    name: str, found: dict[str, Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_probe, "SECONDS", 0.5)  # a hundred times what whole files take
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    counts = fuzz(found[name], TRIES, tmp_path)
    refused = counts.outcomes[REFUSED]
    survived = counts.outcomes[READ] + refused
    seen = f"one line in {refused:,}, else its content; {counts.stages()}"
    record(Row("Damaged file", name, TRIES, survived, seen))
    assert not counts.bad, counts.bad[:5]
    assert refused, "no file was damaged"
    assert max(counts.depths) > 0, "no file got past the first check"


def test_every_reader_is_named(found: dict[str, Target]) -> None:
    assert tuple(found) == NAMES
