"""Step `checks`: CUDA against CPU for every model, and trainings on the device.

A failed check is recorded with its numbers and the step goes on.
"""

import os
import shutil
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import safetensors.torch
import torch

from bench.gpu.comparison import TOLERANCES, Row, compare, compare_samples, row, tf32_convolutions
from bench.gpu.report import Run
from bench.gpu.subjects import checked, relative
from darkpixel.config.training import Training
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import Trainable
from darkpixel.models.folder import WEIGHTS
from darkpixel.studies.subjects import Subject
from darkpixel.training.history import HISTORY
from darkpixel.training.loop import train

STEP = "checks"
_RATE = {"lagan": 2e-4, "sarm": 1e-3, "classifier": 3e-3}
_SEED = 1
_THREADS = 4  # of the small CPU models, while the other cores simulate
_BEGINS_NOTHING_UNDER = 5.0  # seconds left


def main(run: Run, only: list[str] | None = None) -> bool:
    """Write `checks.json`; whether every check has passed.

    Args:
        only: names of models; None: all.
    """
    report = run.report
    found = report.load(STEP)
    done: dict[str, list[Row]] = found.get("models", {})
    threads = torch.get_num_threads()
    torch.set_num_threads(min(_THREADS, threads))
    for subject in checked(run.toy):
        if subject.name in done or (only is not None and subject.name not in only):
            continue
        if report.left < _BEGINS_NOTHING_UNDER:
            report.log("checks: no time left")
            break
        with tf32_convolutions(False):
            done[subject.name] = check(run, subject)
        failed = [line["check"] for line in done[subject.name] if not line["passed"]]
        counted = f"{len(done[subject.name])} checks of {subject.name}"
        report.log(f"checks: {counted}, failed: {', '.join(failed) or 'none'}")
        report.save(STEP, {"tolerances": TOLERANCES, "models": done, "finished": False})
    torch.set_num_threads(threads)
    wanted = {subject.name for subject in checked(run.toy)} if only is None else set(only)
    finished = wanted <= done.keys()
    passed = all(line["passed"] for lines in done.values() for line in lines)
    report.save(
        STEP, {"tolerances": TOLERANCES, "models": done, "finished": finished, "passed": passed}
    )
    return passed and finished


def check(run: Run, subject: Subject) -> list[Row]:
    """All checks of one model."""
    images, drawn = (24, 8) if run.toy else (128, 64)
    parts: dict[str, Callable[[], list[Row]]] = {
        "comparison": lambda: compare(subject, run.device, images=images),
        "samples": lambda: compare_samples(subject, run.device, drawn),
        "training": lambda: check_training(run, subject),
    }
    rows: list[Row] = []
    for name, part in parts.items():
        try:
            rows += part()
        except Exception as error:  # noqa: BLE001  # one model's fault must not hide the others
            lines = traceback.format_exc().splitlines()
            problem = f"{type(error).__name__}: {error}"[:300]
            rows.append(row(subject.name, f"error in {name}", float("inf"), 0.0, error=problem,
                            traceback=lines[-12:]))  # fmt: skip
    return rows


def check_training(run: Run, subject: Subject) -> list[Row]:
    """A training of 50 steps in both precisions has a falling loss; resumed, it ends alike."""
    folder = run.work / "checks" / subject.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    epochs, batch = (3, 16) if run.toy else (5, 64)
    model = subject.build()
    subject.write(model, folder / "train.h5", (4 if run.toy else 10) * batch, seed=11)
    subject.write(model, folder / "validation.h5", 2 * batch, seed=12)
    initial = _vector(_started(subject, folder).state_dict())
    rows: list[Row] = []
    for precision in ("float32", "bfloat16"):
        history = _train(run, subject, folder, precision, precision, epochs=epochs, batch=batch)
        first, last = history["train_loss"].iloc[0], history["train_loss"].iloc[-1]
        # The two networks of a GAN move against each other: its loss need only be finite.
        bound = float("inf") if subject.settings["model"] == "lagan" else 1.0
        ratio = last / first if first > 0 else 1 + (last - first)
        rows.append(
            row(subject.name, f"training {precision}: last over first loss", ratio, bound,
                first=first, last=last, validation=history["validation_loss"].iloc[-1],
                images_per_second=history["images_per_second"].max())
        )  # fmt: skip
    history = pd.read_csv(folder / "float32" / HISTORY)
    resumed = _train(
        run, subject, folder, "resumed", "float32", epochs=epochs, batch=batch,
        stop_after=epochs // 2 * steps_of(folder, batch) + 3,
    )  # fmt: skip
    ends = [_vector(_weights(folder / name)) for name in ("float32", "resumed")]
    movement = float((ends[0] - initial).norm())
    apart = float((ends[1] - ends[0]).norm()) / max(movement, 1e-30)
    losses = [float(frame["validation_loss"].iloc[-1]) for frame in (resumed, history)]
    rows += [
        row(subject.name, "resumed: weights", apart, TOLERANCES["movement"], movement=movement),
        row(subject.name, "resumed: validation loss", relative(*map(torch.tensor, losses)),
            TOLERANCES["validation_loss"], resumed=losses[0], uninterrupted=losses[1]),
    ]  # fmt: skip
    return rows


def _started(subject: Subject, folder: Path) -> Trainable:
    """The model as the training of these files begins."""
    model = subject.new()
    torch.manual_seed(_SEED)
    images = []
    for split in ("train", "validation"):
        with ImageFile(folder / f"{split}.h5") as file:
            images.append(torch.from_numpy(file.read()))
    model.fit_to_data(lambda: iter(images[:1]), lambda: iter(images[1:]))
    return model


def steps_of(folder: Path, batch: int) -> int:
    """The steps of an epoch."""
    with ImageFile(folder / "train.h5") as file:
        return -(-len(file) // batch)


def _train(
    run: Run,
    subject: Subject,
    folder: Path,
    name: str,
    precision: str,
    *,
    epochs: int,
    batch: int,
    stop_after: int | None = None,
) -> pd.DataFrame:
    """The history of a training; with `stop_after` it is interrupted after so many losses."""
    kind = subject.settings["model"]
    training = Training(
        epochs=epochs, batch_size=batch, learning_rate=_RATE.get(kind, 2e-3), precision=precision,
        average=0.9, keep="last", device=run.device.type, schedule="cosine",
    )  # fmt: skip

    def start(stopping: bool) -> None:
        model = subject.new()
        if stopping:
            assert stop_after is not None
            _stop_after(model, stop_after)
        train(
            model, folder / "train.h5", folder / "validation.h5", training, seed=_SEED,
            checkpoint_dir=folder / f"{name}-checkpoints", digest="1", output_dir=folder / name,
            progress=False,
        )  # fmt: skip

    if stop_after is not None:
        try:
            start(True)
        except SystemExit:
            pass
        else:
            raise RuntimeError("the training did not stop")
        if not (folder / f"{name}-checkpoints" / "state.pt").exists():
            raise RuntimeError("the interrupted training left no checkpoint")
    start(False)
    return pd.read_csv(folder / name / HISTORY)


def _stop_after(model: Trainable, calls: int) -> None:
    """The model's loss asks this process to stop at its n-th call."""
    loss, count = model.loss, [0]

    def counted(*arguments: Any, **keywords: Any) -> torch.Tensor:
        count[0] += 1
        if count[0] == calls:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(*arguments, **keywords)

    model.loss = counted  # type: ignore[method-assign]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(folder / WEIGHTS)


def _vector(state: dict[str, torch.Tensor]) -> torch.Tensor:
    chosen = [state[key] for key in sorted(state) if state[key].is_floating_point()]
    flat = torch.cat([values.detach().double().cpu().flatten() for values in chosen])
    return flat.nan_to_num(posinf=0.0, neginf=0.0)  # a bound that is not set is infinite
