"""How the benchmarks of the samplers time a call."""

import time
from collections.abc import Callable


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call, after one to warm up."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2]
