"""Images per second of models and of the simulation (SARM tables 2 and 4)."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.studies.machine import load_average

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "floor", "n", "repetitions",
    "seeds", "threads", "device", "load", "hardware", "condition", "ratio_to_monte_carlo",
    "ratio_error",
]  # fmt: skip

REPETITIONS = 3
"""Least number of timed repetitions."""
_SMALLEST_BATCH, _BATCH_STEP = 64, 4
_LONGEST = 10  # times `seconds`: a model that draws anew what misses is slow at small batches
_FASTER = 1.05  # a larger batch costs memory
_LEAST_SECONDS = 0.5  # of a repetition
_MOST_STEPS = 20  # of the search for a number of images that takes long enough

Clock = Callable[[], float]
Result = TypeVar("Result")


class Collisions(NamedTuple):
    """What a simulation of n images took; in liquid argon particles stand for collisions."""

    made: int
    """Collisions, whole batches of them; on several cores those of all."""
    needed: int
    """Collisions until the last of the n images; on several cores the sum of theirs."""


class Rate(NamedTuple):
    """Images per second."""

    value: float
    """Median over repetitions."""
    error: float
    """Standard deviation over repetitions; of a simulation also that of the images accepted."""
    repetitions: int
    batch: int
    """Images of one repetition, on each core."""
    start_up: float = 0.0
    """Seconds of a single image, not counted: the start and the first batch of collisions."""
    cores: int = 1
    """Of the CPU, in use at once."""


def batch_choices(largest: int) -> list[int]:
    """64, 256, 1024, ... below `largest`, then `largest` itself."""
    choices = []
    batch = _SMALLEST_BATCH
    while batch < largest:
        choices.append(batch)
        batch *= _BATCH_STEP
    return [*choices, largest]


def sampling_rate(
    draw: Callable[[int], object],
    batches: Sequence[int],
    seconds: float,
    clock: Clock = time.perf_counter,
    cores: int = 1,
) -> Rate:
    """Speed of a model, at the fastest of some batch sizes.

    Each batch is tried once, from the smallest on, until one takes ten times `seconds`; a larger
    one must be 5% faster to be chosen. The best is then repeated until `seconds` are spent, at
    least three times. What comes before the first trial is a warm-up.

    Args:
        draw: draw(n) generates n images on each core and returns when they are in the computer's
            memory, so that nothing is left in the queue of a GPU.
        batches: sizes to try, ascending.
        seconds: of the repetitions.
        clock: seconds.
        cores: that `draw` uses.
    """
    draw(batches[0])
    best, fastest = batches[0], 0.0
    for batch in batches:
        elapsed, _ = _timed(draw, batch, clock)
        if batch / elapsed > _FASTER * fastest:
            best, fastest = batch, batch / elapsed
        if elapsed > _LONGEST * seconds:
            break
    rates: list[float] = []
    spent = 0.0
    while spent < seconds or len(rates) < REPETITIONS:
        elapsed, _ = _timed(draw, best, clock)
        rates.append(cores * best / elapsed)
        spent += elapsed
    value, error = float(np.median(rates)), float(np.std(rates, ddof=1))
    return Rate(value, error, len(rates), best, cores=cores)


def simulation_rate(
    simulate: Callable[[int], Collisions],
    seconds: float,
    clock: Clock = time.perf_counter,
    cores: int = 1,
) -> Rate:
    """Speed of a simulation, without its start.

    A simulation makes collisions by the batch, and those after the last image of a batch are in
    vain; a job of thousands of images does not notice. So the collisions are timed, beyond the
    start and the first batch, which is what a single image takes, and an image counts for the
    collisions that it needs. The number of images is raised until they take a third of `seconds`
    beyond the start; that is done three times.

    Args:
        simulate: simulate(n) makes n images on each core from scratch, start included.
        seconds: of the three repetitions together.
        clock: seconds.
        cores: that `simulate` uses.

    Raises:
        DarkpixelError: the time of the images does not stand out from that of the start.
    """
    trials = [_timed(simulate, 1, clock) for _ in range(2)]
    single, first = min(elapsed for elapsed, _ in trials), trials[0][1]
    # The start varies by tenths of a second on a busy machine; what is measured must be longer.
    wanted = max(seconds / REPETITIONS, _LEAST_SECONDS, 3 * abs(trials[0][0] - trials[1][0]))
    images, rates = _SMALLEST_BATCH, []
    for _ in range(_MOST_STEPS):
        elapsed, collisions = _timed(simulate, images, clock)
        beyond = elapsed - single
        made = collisions.made - first.made
        if made > 0 and beyond >= wanted / 2:
            rates.append(made * cores * images / collisions.needed / beyond)
            if len(rates) == REPETITIONS:
                break
        else:
            factor = wanted / max(beyond, wanted / 4)
            images, rates = int(np.ceil(images * np.clip(factor, 1.5, 4))), []
    if len(rates) < REPETITIONS:
        raise DarkpixelError(
            f"speed: {images} simulated images take no longer than the simulation's start; raise "
            "speed.seconds, or measure on a machine with less other work."
        )
    value, spread = float(np.median(rates)), float(np.std(rates, ddof=1))
    # All repetitions have the same collisions, whose number is random.
    error = float(np.hypot(spread, value / (cores * images) ** 0.5))
    return Rate(value, error, len(rates), images, single, cores)


def _timed(work: Callable[[int], Result], images: int, clock: Clock) -> tuple[float, Result]:
    """Seconds that `work(images)` takes, never zero, and its result."""
    started = clock()
    result = work(images)
    return max(clock() - started, 1e-9), result


def speed_row(
    model: str,
    rate: Rate,
    *,
    dataset: str,
    label: str,
    device: str,
    hardware: str,
    condition: str,
) -> dict[str, Any]:
    """One row of `speed_rows`, with the load average of this moment.

    Args:
        label: that the model was trained on, "joint" for all.
        device: "cpu", or the GPU's name.
        hardware: the machine and the software, in words.
        condition: what else a reader must know.
    """
    return {
        "model": model,
        "dataset": dataset,
        "label": label,
        "observable": "speed",
        "value": rate.value,
        "error": rate.error,
        "floor": float("nan"),
        "n": rate.batch,
        "repetitions": rate.repetitions,
        "seeds": 1,
        "threads": rate.cores,
        "device": device,
        "load": load_average(),
        "hardware": hardware,
        "condition": condition,
    }


def speed_rows(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows of one data set, Monte Carlo first, with their ratio to the simulation.

    Args:
        rows: from `speed_row`; Monte Carlo once a label, or not at all.

    Returns:
        `value`: images per second, median over repetitions; `error`: their standard deviation;
        `n`: images of a repetition on each core; `threads`: cores; `ratio_to_monte_carlo`: to the
        simulation of the row's label, of the first label for a joint model; NaN without one.
    """
    frame = pd.DataFrame(list(rows), columns=COLUMNS[:-2])
    simulated = frame[frame["model"] == MONTE_CARLO]
    for index, row in frame.iterrows():
        of_label = simulated[simulated["label"] == row["label"]]
        reference = simulated if of_label.empty else of_label
        ratio = error = float("nan")
        if len(reference):
            first = reference.iloc[0]
            ratio = row["value"] / first["value"]
            error = ratio * np.hypot(row["error"] / row["value"], first["error"] / first["value"])
            error = 0.0 if row["model"] == MONTE_CARLO else error
        frame.loc[index, ["ratio_to_monte_carlo", "ratio_error"]] = ratio, error
    frame = frame.sort_values("model", key=lambda names: names != MONTE_CARLO, kind="stable")
    return frame.reindex(columns=COLUMNS).reset_index(drop=True)
