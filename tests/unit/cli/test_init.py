"""`darkpixel init`: an overlay that can be run as it is."""

from pathlib import Path

import numpy as np
import pytest
from image_files import write_images
from repository import CONFIG

from darkpixel.cli import main
from darkpixel.config.loading import load_run, read_yaml


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration and two files of images."""
    (tmp_path / "config").symlink_to(CONFIG)
    for name, count in (("w", 500), ("it's q", 400)):
        images = np.random.default_rng(count).exponential(size=(count, 8, 8)).astype(np.float32)
        write_images(tmp_path / f"{name}.h5", images)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_overlay_fits_the_files(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["signal=w.h5", "background=it's q.h5", "--models", "sarm2_dd"]
    assert main(["init", "mine.yaml", *words]) == 0
    files = ["config/config.yaml", "mine.yaml"]
    run = load_run(read_yaml(*files), files)
    assert run.run == "mine"
    assert list(run.datasets.present()) == ["jets"]
    jets = run.datasets.jets
    assert jets is not None
    assert jets.file == {"signal": "w.h5", "background": "it's q.h5"}
    assert jets.images.total == 400
    assert jets.images.test == 80
    assert jets.models == ["sarm2_dd"]
    assert (checkout / "mine.yaml").read_text() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["signal=w.h5", "--models", "sarm2"], "mine.yaml: datasets.jets.models.0: unknown model"),
        (["signal=w.h5", "signal=w.h5"], "label 'signal' is given twice"),
        (["signal=nowhere.h5"], "nowhere.h5"),
        (["signal=few.h5"], "few.h5: 50 images; 100 of each label or more"),
        (["signal=w.h5", "background=large.h5"], "large.h5: images of (9, 9) pixels"),
    ],
)
def test_what_cannot_be_run_is_not_written(
    checkout: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    write_images(checkout / "few.h5", np.ones((50, 8, 8), np.float32))
    write_images(checkout / "large.h5", np.ones((200, 9, 9), np.float32))
    assert main(["init", "mine.yaml", *words]) == 1
    assert message in capsys.readouterr().err
    assert not (checkout / "mine.yaml").exists()


def test_nothing_is_replaced(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "mine.yaml").write_text("run: precious")
    assert main(["init", "mine.yaml", "signal=w.h5"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (checkout / "mine.yaml").read_text() == "run: precious"
    with pytest.raises(SystemExit):
        main(["init", "other.yaml", "w.h5"])
    assert "give LABEL=FILE" in capsys.readouterr().err
