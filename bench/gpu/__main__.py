"""`python -m bench.gpu`: see the package."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from bench.gpu import checks, machine, rates, training
from bench.gpu.report import Report, Run
from darkpixel.models.device import choose_device

STEPS = ("machine", "checks", "rates", "train")
AFTERWARDS = 40.0
"""Seconds that samples and their measures take after a training."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    found.add_argument("--out", default="results/gpu", help="folder of the results")
    found.add_argument(
        "--work", default=None, help="folder of data and checkpoints (default: OUT/work)"
    )
    found.add_argument("--minutes", type=float, default=8.0, help="of the whole run")
    found.add_argument("--steps", default=",".join(STEPS), help=f"of {', '.join(STEPS)}")
    found.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    found.add_argument("--toy", action="store_true", help="toy sizes, for tests on a CPU")
    found.add_argument("--models", default=None, help="check and time these only, by name")
    found.add_argument("--threads", type=int, default=None, help="of torch on the CPU")
    training.add_arguments(found)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the steps; 0 if all checks passed and every step finished."""
    options = parser().parse_args(arguments)
    steps = options.steps.split(",")
    if unknown := set(steps) - set(STEPS):
        print(f"steps: {', '.join(sorted(unknown))}; there are: {', '.join(STEPS)}")
        return 2
    if options.threads:
        torch.set_num_threads(options.threads)
    report = Report(options.out, options.minutes)
    work = Path(options.work or Path(options.out) / "work")
    work.mkdir(parents=True, exist_ok=True)
    run = Run(report, choose_device(options.device), options.toy, work)
    names = options.models.split(",") if options.models else None
    report.log(f"steps {options.steps} on {run.device}, {options.minutes:g} minutes")
    # The data of the training are simulated while the GPU does the first steps.
    data = training.start_data(run, options) if "train" in steps else []
    calls: dict[str, Callable[[], bool]] = {
        "machine": lambda: machine.main(run),
        "checks": lambda: checks.main(run, names),
        "rates": lambda: rates.main(run, names),
        "train": lambda: training.main(run, options, data[0]),
    }
    good = True
    try:
        for step in (step for step in STEPS if step in steps):
            later = "train" in steps and step != "train"
            report.reserved = options.train_seconds + AFTERWARDS if later else 0.0
            began, passed = time.monotonic(), False
            try:
                passed = calls[step]()
            except Exception:  # noqa: BLE001  # the steps after it are worth as much
                report.log(f"{step}: {traceback.format_exc()}")
            good = good and passed
            state = "good" if passed else "NOT GOOD"
            report.log(f"{step}: {state}, {time.monotonic() - began:.1f} s")
    finally:
        for one in data:
            one.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
