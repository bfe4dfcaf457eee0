"""Cards say what was measured, beside its floor, and nothing else."""

from pathlib import Path

import pandas as pd

from darkpixel.tables.cards import data_card, model_card, quality_rows

CONFIG = {
    "model": {"model": "sarm"},
    "image_size": [6, 5],
    "images": {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"},
    "parameters": {"free": 1234},
    "epochs": 7,
    "seed": 3,
}


def tables(folder: Path) -> list[Path]:
    rows = pd.DataFrame(
        {
            "model": ["mine", "mine", "other"],
            "dataset": "jets",
            "label": ["signal", "background", "signal"],
            "observable": "mass",
            "value": [1.5, 2.5, 3.5],
            "error": 0.1,
            "floor": 0.5,
            "converged": [False, True, True],
        }
    )
    rows.to_csv(folder / "w1.csv", index=False)
    pd.DataFrame({"model": ["mine"], "seconds": [1]}).to_csv(folder / "speed.csv", index=False)
    return [folder / "w1.csv", folder / "speed.csv"]


def test_quality_is_that_of_the_model_and_label(tmp_path: Path) -> None:
    files = tables(tmp_path)
    rows = quality_rows(files, "jets", "signal", "mine")
    assert rows["value"].tolist() == [1.5]
    assert quality_rows(files, "jets", "joint", "mine")["value"].tolist() == [1.5, 2.5]
    card = model_card(
        CONFIG,
        run="demo",
        commits=["abc", "def"],
        packed_at="ghi",
        images=12000,
        source="simulate",
        quality=rows,
    )
    assert "6 × 5 pixels" in card
    assert "1,234 parameters" in card
    assert "12,000 images of jets, label signal (simulate)" in card
    assert "1.50 ± 0.10" in card
    assert "0.5" in card
    assert "training had not converged" in card
    assert "abc, def; packed at ghi" in card
    assert "MIT" in card


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    rows = quality_rows(tables(tmp_path), "muons", "signal", "mine")
    card = model_card(
        CONFIG, run="r", commits=[], packed_at="c", images=1, source="file", quality=rows
    )
    assert "Nothing was measured" in card
    assert "not recorded; packed at c" in card


def test_a_data_set_of_files_names_them() -> None:
    splits = {"train": 4000, "validation": 20, "test": 30}
    data = {"images": splits, "source": "file", "file": {"hot": "h.h5"}, "imaging": {"pixels": 4}}
    card = data_card("jets", data, ["hot"], run="r", packed_at="c")
    assert "files: h.h5" in card
    assert "train 4,000, validation 20, test 30" in card
    assert "## Imaging" not in card
    assert "## Imaging" in data_card(
        "jets", {**data, "source": "simulate"}, ["hot"], run="r", packed_at="c"
    )
