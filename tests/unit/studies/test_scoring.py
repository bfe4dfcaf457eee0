"""Files of images against a reference: what is the same, what differs, and what is warned of."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import write_images

import darkpixel
from darkpixel.cli import main
from darkpixel.errors import DarkpixelError
from darkpixel.studies import scoring
from darkpixel.studies.scoring import score
from darkpixel.tables.score import MEANINGS, NAMES, OBSERVABLES, ranked, score_note


def jets(count: int, seed: int, factor: float = 1.0) -> np.ndarray:
    """Sparse images with a bright middle."""
    random = np.random.default_rng(seed)
    images = random.exponential(10, (count, 8, 8)) * (random.random((count, 8, 8)) < 0.3)
    images[:, 3:5, 3:5] *= 5
    return (factor * images).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    images = {"reference": jets(1600, 1), "good": jets(800, 2), "bright": jets(800, 3, 1.3)}
    found = {name: folder / f"{name}.npy" for name in images}
    for name, path in found.items():
        np.save(path, images[name])
    return found


def value(rows: Any, model: str, name: str) -> tuple[float, float, float]:
    (row,) = rows[(rows.model == model) & (rows.observable == name)].itertuples()
    return row.value, row.error, row.floor


def test_a_good_generator_is_at_the_floor_and_a_bad_one_is_not(files: dict[str, Path]) -> None:
    made = {name: files[name] for name in ("bright", "good")}
    found = score(files["reference"], made, dataset="jets", pixel_size=0.1)
    assert found.about["n"] == 800
    assert ranked(found.rows) == ["good", "bright"]
    for name in ("pt", "mass", "sum", "maximum", "auc", "fpd"):
        good, error, floor = value(found.rows, "good", name)
        assert good <= floor + 4 * error, name
        bad, error, floor = value(found.rows, "bright", name)
        assert bad > floor + 4 * error, name
    assert value(found.rows, "bright", "auc")[0] > 0.6
    # With images this varied, 800 do not show pixels that are 5% too large: the table says so.
    (verdict,) = set(found.rows[found.rows.observable == "auc"].verdict)
    assert verdict == "too weak to quote"
    note = score_note(found.rows, found.about)
    assert note.endswith("best first, by AUC, which is too weak to quote here: so is the order.")
    assert found.warnings == []


def test_memory_is_found(files: dict[str, Path], tmp_path: Path) -> None:
    """A generator that gives back its training images."""
    train, copies = tmp_path / "train.npy", tmp_path / "copies.npy"
    np.save(train, jets(900, 9))
    np.save(copies, np.load(train)[:400])
    found = score(
        files["reference"], {"copies": copies, "good": files["good"]}, training=train, n=400
    )
    assert value(found.rows, "copies", "copies")[0] == 400
    assert value(found.rows, "good", "copies")[0] == 0
    assert value(found.rows, "copies", "nearest_ratio")[0] == 0


def test_plain_images_have_no_angles(files: dict[str, Path]) -> None:
    found = score(files["reference"], {"good": files["good"]})
    assert found.about["dataset"] == "plain"
    assert "mass" not in set(found.rows.observable)
    assert {"sum", "nonzero", "auc", "coverage"} <= set(found.rows.observable)


def test_what_does_not_belong_together_is_said(files: dict[str, Path], tmp_path: Path) -> None:
    reference = write_images(tmp_path / "test.h5", jets(200, 1))
    swapped = score(files["good"], {"test": reference}, unit="GeV")
    assert any("the reference comes first" in text for text in swapped.warnings)
    made = write_images(tmp_path / "made.h5", jets(200, 1), split="generated")
    assert not any("comes first" in text for text in score(reference, {"made": made}).warnings)
    np.save(tmp_path / "mev.npy", jets(200, 2, 1000.0))
    other = score(reference, {"mev": tmp_path / "mev.npy"})
    assert any("in one unit? If not, give --unit" in text for text in other.warnings)
    said = score(reference, {"mev": tmp_path / "mev.npy"}, unit="MeV")  # converted
    assert said.about["unit"] == "GeV"
    assert not any("in one unit" in text for text in said.warnings)
    few = score(reference, {"few": write_images(tmp_path / "few.h5", jets(5, 2))})
    assert any("5 images a side are too few" in text for text in few.warnings)
    assert "auc" not in set(few.rows.observable)


def test_few_images_have_a_table_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an AUC, files stand as they were named."""
    paths = [
        write_images(tmp_path / f"{name}.h5", jets(10, place, 1 + place))
        for place, name in enumerate(("test", "worse", "better"))
    ]
    page = tmp_path / "page.html"
    assert main(["evaluate", *map(str, paths), "-n", "5", "--html", str(page)]) == 0
    out, error = capsys.readouterr()
    assert "5 images a side are too few for AUC" in error
    header = next(line for line in out.splitlines() if line.startswith("|"))
    assert [cell.strip() for cell in header.split("|")[2:4]] == ["worse.h5", "better.h5"]
    assert "AUC" not in out
    shown = [line for line in out.splitlines() if line.startswith("| W1 of sum")]
    assert len(shown) == 1
    assert shown[0].count("±") >= 2  # of both files
    assert "Files in the order in which they were named" in out
    text = page.read_text()
    assert text.index("<th>worse.h5</th>") < text.index("<th>better.h5</th>")
    assert "data:image/png;base64," in text
    assert main(["evaluate", *map(str, paths[:2]), "-n", "5"]) == 0
    assert "Files in the order" not in capsys.readouterr().out  # of one


def test_no_more_images_than_memory_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of CaloChallenge's data set 3, of whose images one has 162 kB."""
    monkeypatch.setattr(scoring, "memory_limit", lambda: 4 * 2 * 16 * 8 * 8 * 4)  # 16 a share
    reference = write_images(tmp_path / "test.h5", jets(90, 1))
    found = score(reference, {"made": write_images(tmp_path / "made.h5", jets(40, 2))})
    assert found.about["n"] == 8
    assert found.about["images"] == {str(reference): 90, "made": 40}
    assert any(f"{reference}: 16 of 90 images are taken" in text for text in found.warnings)
    assert any("made.h5: 16 of 40 images are taken" in text for text in found.warnings)
    monkeypatch.undo()
    few = score(reference, {"made": tmp_path / "made.h5"}, n=5)
    assert not any("are taken" in text for text in few.warnings)


def test_images_of_another_size_are_refused(files: dict[str, Path], tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.ones((100, 9, 9)))
    with pytest.raises(DarkpixelError, match=r"large.npy: images of \(9, 9\) pixels, but those of"):
        score(files["reference"], {"large": tmp_path / "large.npy"})


def test_the_same_from_python_and_the_command_line(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = darkpixel.evaluate(
        np.load(files["reference"]),
        {"good": np.load(files["good"])},
        pixel_size=0.1,
        dataset="jets",
    )
    page = tmp_path / "page.html"
    options = ["--pixel-size", "0.1", "--dataset", "jets", "--json", "--html", str(page)]
    assert main(["evaluate", str(files["reference"]), str(files["good"]), *options]) == 0
    printed = json.loads(capsys.readouterr().out)["rows"]
    assert [row["value"] for row in printed] == pytest.approx(list(rows["value"]))
    text = page.read_text()
    assert "AUC, real or generated" in text
    assert "data:image/png;base64," in text
    assert "0.5: they guess" in text  # what the measures are
    assert "http" not in text  # nothing from a network


def test_the_page_explains_every_measure() -> None:
    assert MEANINGS.keys() | OBSERVABLES.keys() == NAMES.keys()
    assert not MEANINGS.keys() & OBSERVABLES.keys()
    distances = {name for name, shown in NAMES.items() if shown.startswith("W1")}
    assert distances == OBSERVABLES.keys()


def test_a_file_that_is_named_twice_is_refused(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    good = str(files["good"])
    assert main(["evaluate", str(files["reference"]), good, good]) == 1
    assert "named twice" in capsys.readouterr().err
