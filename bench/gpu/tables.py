"""Tables of the result pages from what `make gpu` wrote: `python -m bench.gpu.tables --help`.

Several folders are taken together: of the speeds the rows of all, later ones in place of earlier
ones; of the training runs the last.
"""

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from darkpixel.formats.files import whole_file
from darkpixel.metrics.momentum_response import FLOOR, SHUFFLED
from darkpixel.tables.layout import measured
from darkpixel.tables.names import DATASETS, SPECIES_SYMBOLS, UNITS, display_name
from darkpixel.tables.names import OBSERVABLES as NAMES

OBSERVABLES = {
    "track_length": "track length, cm",
    "track_width": "track width, cm",
    "length": "length of the largest cluster, cm",
    "extent": "extent of the image, cm",
    "pixels": "non-zero pixels",
    "charge": "charge, MeV",
    "shower_charge": "shower charge, MeV",
    "track_charge": "track charge, MeV",
    "largest": "largest pixel, MeV",
}
COMPARED = ["observable", "W1", "noise floor", "mean, generated", "mean, test"]
DIRECTIONS = {
    "test_generated": "test images to generated",
    "generated_test": "generated to test images",
}


def speeds(folders: Sequence[Path]) -> list[list[str]]:
    """Images/s of samplers and training runs, a row a model."""
    models: dict[str, dict[str, Any]] = {}
    for folder in folders:
        models |= _read(folder, "rates").get("models", {})
    rows = [["model", "parameters, million", "sampling, images/s", "batch",
             "training, images/s", "batch of training", "share of the bfloat16 rate",
             "GPU busy"]]  # fmt: skip
    for name, row in models.items():
        best, sampled = row.get("best_sampling"), row.get("draws")
        training = max(row["training"], key=lambda line: line.get("images_per_second", 0.0))
        drawn = f"{best['images_per_second']:,.0f}" if best else "–"
        rows.append(
            [
                f"{display_name(*name.split())}, {DATASETS[name.split()[1]]} images",
                f"{row['parameters']['dense'] / 1e6:.2f}",
                drawn if sampled in (None, "samples") or not best else f"{drawn} ({sampled})",
                f"{best['batch']:,}" if best else "–",
                f"{training['images_per_second']:,.0f}",
                f"{training['batch']:,}",
                f"{training['share_of_bfloat16_rate']:.1%}",
                f"{min(training.get('busy_share', float('nan')), 1.0):.0%}",
            ]
        )
    return rows


def distances(folder: Path) -> list[list[str]]:
    """W1 of the samples of a training run to test images, a row an observable."""
    found = _read(folder, "train")
    model = next(reversed(found["models"]))
    lines = {line["observable"]: line for line in found["measures"][model]}
    for line in found.get("judge", {}).get("distances", []):
        if line["model"] == model and line["species"] == "all":
            lines.setdefault(line["observable"], line)
    shown = [(label, lines[name]) for name, label in OBSERVABLES.items() if name in lines]
    return [COMPARED, *(_compared(label, line) for label, line in shown)]


def divergences(folder: Path) -> list[list[str]]:
    """KL divergences of SSNet's answer (LArTPC table 4), a row a direction."""
    found = _read(folder, "train")["judge"]["divergences"]
    names = list(dict.fromkeys(line["observable"] for line in found))
    rows = [["direction", *(name.replace("_", " ") for name in names)]]
    for direction, label in DIRECTIONS.items():
        cells = {line["observable"]: line for line in found if line["direction"] == direction}
        rows.append([label, *(measured(cells[n]["value"], cells[n]["error"]) for n in names)])
    floor = {line["observable"]: line for line in found if line["direction"] == "test_generated"}
    rows.append(["*noise floor*", *(measured(floor[n]["floor"], floor[n]["floor_error"])
                                    for n in names)])  # fmt: skip
    return rows


def shapes(folder: Path) -> list[list[str]]:
    """W1 of shapes that need no segmentation network, all species together, a row each."""
    lines = [
        line for line in _read(folder, "measures").get("shapes", []) if line["species"] == "all"
    ]
    labels = [
        ", ".join(filter(None, (NAMES[name], UNITS[name])))
        for name in (line["observable"] for line in lines)
    ]
    return [COMPARED, *map(_compared, labels, lines)]


def _compared(label: str, line: dict[str, Any]) -> list[str]:
    """The row of an observable, under `COMPARED`."""
    pairs = (
        ("value", "error"), ("floor", "floor_error"),
        ("mean", "mean_error"), ("test_mean", "test_mean_error"),
    )  # fmt: skip
    return [label, *(measured(line[value], line[error]) for value, error in pairs)]


def momentum(folder: Path) -> list[list[str]]:
    """chi2/ndf of means in bins of momentum, and the mean relative deviation, a row a species."""
    lines = _read(folder, "measures").get("momentum", [])
    observables = list(dict.fromkeys(line["observable"] for line in lines))
    rows = [["species", *(f"{name}, {part}" for name in observables
                          for part in ("χ²/ndf (floor)", "deviation"))]]  # fmt: skip
    found = {(line["model"], line["species"], line["observable"]): line for line in lines}
    model = next(line["model"] for line in lines if line["model"] not in (FLOOR, SHUFFLED))
    for species in dict.fromkeys(line["species"] for line in lines):
        row = [SPECIES_SYMBOLS.get(species, species)]
        for name in observables:
            line, floor = (found[key, species, name] for key in (model, FLOOR))
            row.append(f"{line['chi2_ndf']:.1f} ({floor['chi2_ndf']:.1f})")
            row.append(f"{100 * line['deviation']:+.1f} ± {100 * line['deviation_error']:.1f} %")
        rows.append(row)
    return rows


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _read(folder: Path, step: str) -> dict[str, Any]:
    path = folder / f"{step}.json"
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description="Tables of docs/results from runs of `make gpu`.")
    parser.add_argument("folders", type=Path, nargs="+", help="output folders of `make gpu`")
    parser.add_argument("--tables", type=Path, default=Path("docs/results/csv/by_hand"))
    options = parser.parse_args()
    trained = [folder for folder in options.folders if (folder / "train.json").exists()]
    write(options.tables / "gpu_speed.csv", speeds(options.folders))
    if trained:
        write(options.tables / "gpu_lartpc_distances.csv", distances(trained[-1]))
        write(options.tables / "gpu_lartpc_divergences.csv", divergences(trained[-1]))
        if (trained[-1] / "measures.json").exists():
            write(options.tables / "gpu_lartpc_shapes.csv", shapes(trained[-1]))
            write(options.tables / "gpu_lartpc_momentum.csv", momentum(trained[-1]))


if __name__ == "__main__":
    main()
