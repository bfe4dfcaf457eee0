"""Progress where output is no terminal: nothing of a short task, lines of a long one."""

import pytest

from darkpixel import progress


def test_a_short_task_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress(3, "images") as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""


def test_a_long_task_writes_whole_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    with progress.progress(2000, "images", "jets/signal") as bar:
        bar.update(500)
        bar.update(1500)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].startswith("jets/signal: 500 of 2000 images, 00:00 gone, about ")
    assert lines[-1].startswith("jets/signal: 2000 of 2000 images")
