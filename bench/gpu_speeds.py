"""How fast a GPU trains and samples, from what `make gpu` has measured (`docs/results/gpu`)."""

import json
from pathlib import Path
from typing import Any

from darkpixel.pipeline.costs import Speeds
from darkpixel.pipeline.job_sizes import Network, Simulation


class GPUSpeeds:
    """Seconds of a GPU for an image; `darkpixel.pipeline.costs.Speeds`.

    A network takes what one of its kind took on the same data set, or else on another one. A step
    of fewer images than were measured takes as long as the smallest measured one: below it the
    launching of kernels is what takes time.

    Args:
        folder: of the measurements, `rates.json` of each call.
        cpu: for simulations, and for networks of kinds that no GPU has measured.
    """

    def __init__(self, folder: Path, cpu: Speeds) -> None:
        self._cpu = cpu
        self._measured: dict[tuple[str, str], dict[str, Any]] = {}
        for path in sorted(folder.glob("*/rates.json")):
            rates = json.loads(path.read_text(encoding="utf-8"))["models"]
            for name, found in rates.items():
                key = _kind(found["settings"]), name.rpartition(" ")[2]
                self._measured.setdefault(key, found)

    def training(self, network: Network) -> float | None:
        found = self._of(network)
        if found is None:
            return None
        steps = {step["batch"]: step["seconds"] for step in found["training"] if "seconds" in step}
        below = [batch for batch in steps if batch <= network.batch]
        batch = max(below, default=min(steps))
        # Larger batches than were measured: at the rate of the largest.
        return float(steps[batch] / min(batch, network.batch))

    def sampling(self, network: Network) -> float | None:
        best = (self._of(network) or {}).get("best_sampling")
        return None if best is None else 1 / float(best["images_per_second"])

    def weights(self, network: Network) -> float | None:
        return self._cpu.weights(network)

    def simulation(self, simulation: Simulation) -> float | None:
        return self._cpu.simulation(simulation)

    def _of(self, network: Network) -> dict[str, Any] | None:
        kind = _kind(network.settings)
        of_kind = [found for (other, _), found in self._measured.items() if other == kind]
        return self._measured.get((kind, network.dataset), of_kind[0] if of_kind else None)


def _kind(settings: dict[str, Any]) -> str:
    """Networks of one kind are about as fast: SARMs of discrete levels, or of mixtures."""
    return f"{settings['model']} {settings.get('likelihood', '')}"
