"""Files and folders may be called as users call them, or are refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from image_files import write_images
from markupsafe import escape
from odd_names import EVERY_ODDITY, ODD_NAMES
from sarm_toys import make_sarm

from darkpixel.cli import main
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import save_model

ABOUT = {"dataset": "jets", "label": "signal", "pixel_size": 0.1, "unit": "GeV"}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_commands_read_and_write_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = tmp_path / name
    save_model(make_sarm(6), folder / name, images=ABOUT, digest="0")
    made = folder / f"{name}.h5"
    assert main(["sample", str(folder / name), str(made), "-n", "6"]) == 0
    with ImageFile(made) as file:
        assert file.shape == (6, 6, 6)
    capsys.readouterr()
    assert main(["info", str(made)]) == 0
    assert f"{made}: 6 images of 6 x 6 pixels" in capsys.readouterr().out
    assert main(["info", str(folder / name)]) == 0
    assert f"{folder / name}: " in capsys.readouterr().out
    assert main(["show", str(made), "-o", str(folder / f"{name}.png")]) == 0
    assert {path.name for path in folder.iterdir()} == {name, made.name, f"{name}.png"}


def test_evaluate_reads_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / EVERY_ODDITY
    folder.mkdir()
    images = np.random.default_rng(1).random((120, 6, 6))
    real = write_images(folder / f"{EVERY_ODDITY} real.h5", images[:60])
    made = write_images(folder / f"{EVERY_ODDITY} made.h5", images[60:])
    page = folder / f"{EVERY_ODDITY}.html"
    assert main(["evaluate", str(real), str(made), "--json", "--html", str(page)]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert made.name in {row["model"] for row in rows}
    assert escape(made.name) in page.read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {real.name, made.name, page.name}


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x1b", "\u2028", "\udce9"])
@pytest.mark.parametrize(
    "words", [["info", "{}"], ["sample", "{}", "a.h5"], ["evaluate", "a.h5", "b.h5", "--html={}"]]
)
def test_what_no_line_can_show_is_refused_in_one(
    capsys: pytest.CaptureFixture[str], words: list[str], character: str
) -> None:
    assert main([word.format(f"x{character}y") for word in words]) == 1
    line = capsys.readouterr().err
    assert line.endswith("rename the folder or the file\n")
    assert line[:-1].isprintable()
    assert f"x{character.encode('unicode_escape', 'surrogatepass').decode()}y" in line
