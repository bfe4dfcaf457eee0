"""`darkpixel info` of files that hold no images: one line at least, and no traceback."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from darkpixel.cli import main
from darkpixel.pipeline.run_record import write_run_record


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str], path: str) -> list[str]:
    assert main(["info", path]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_record_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    write_run_record("run.yaml", {"run": "mine"}, files=["a.yaml"], commit="abc1", command=["make"])
    first, *others = lines(capsys, "run.yaml")
    assert first == "run.yaml: the record of run 'mine'"
    assert "  commit: abc1" in others
    assert any(line.startswith("  started: 20") for line in others)
    assert f"  torch: {torch.__version__.split('+')[0]}" in [line.split("+")[0] for line in others]
    Path("mine.yaml").write_text("run: mine\n")
    assert main(["info", "mine.yaml"]) == 1
    assert "darkpixel check mine.yaml says what is in it" in capsys.readouterr().err


def test_tables_and_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"model": ["a", "b", "c"], "value": [1.0, 2.0, 3.0]})
    table.to_csv("t.csv", index=False)
    table.to_parquet("t.parquet", index=False)
    for path in ("t.csv", "t.parquet"):
        expected = [f"{path}: a table of 3 rows, 2 columns", "  columns: model, value"]
        assert lines(capsys, path) == expected
    np.save("nats.npy", np.zeros(5))
    assert lines(capsys, "nats.npy") == ["nats.npy: an array of NumPy, 5", "  type: float64"]
    assert main(["info", "nats.npy", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "float64"


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_other_files_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)).save("net.pt")
    torch.save({"state": {}}, "state.pt")
    with zipfile.ZipFile("run.zip", "w") as archive:
        archive.writestr("ro-crate-metadata.json", "{}")
        archive.writestr("a.csv", "x")
    Path("a.png").write_bytes(b"")
    for path, said in (
        ("net.pt", "a network as TorchScript"),
        ("state.pt", "the state of an unfinished training"),
        ("run.zip", "a run as an RO-Crate of 2 files"),
        ("a.png", "a picture"),
    ):
        (line,) = lines(capsys, path)
        assert line.startswith(f"{path}: {said}")


def test_a_file_of_another_kind_is_no_damaged_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text("print()")
    assert main(["info", "mine.py"]) == 1
    assert "mine.py: nothing is known of files that end in '.py'" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["yaml", "csv", "parquet", "npy", "pt", "zip", "png"])
def test_a_damaged_or_missing_file_is_one_line(
    capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    assert main(["info", f"nowhere.{suffix}"]) == 1
    assert capsys.readouterr().err == (
        f"darkpixel: nowhere.{suffix}: no such file; correct the path.\n"
    )
    if suffix == "png":
        return
    Path(f"bad.{suffix}").write_bytes(b"\xff\xfe\x00" * 9)
    assert main(["info", f"bad.{suffix}"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"darkpixel: bad.{suffix}: ")
    assert error.count("\n") == 1
