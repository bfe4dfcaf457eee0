"""Tables of the result pages: a recorded .csv, laid out by the function that laid out the run's."""

import re
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import scratch_folder
from darkpixel.tables.classifiers import classifier_table
from darkpixel.tables.codes import codebook_table, reconstruction_table
from darkpixel.tables.convergence import convergence_table
from darkpixel.tables.distances import (
    coverage_table,
    memorisation_table,
    physics_distances_table,
    two_sample_table,
)
from darkpixel.tables.divergence import divergence_table
from darkpixel.tables.diversity import diversity_table
from darkpixel.tables.improvement import improvement_table
from darkpixel.tables.lartpc import (
    ablation_table,
    observables_table,
    reference_code_table,
    shapes_table,
)
from darkpixel.tables.likelihood import likelihood_table
from darkpixel.tables.matrix import matrix_table
from darkpixel.tables.momentum import momentum_table
from darkpixel.tables.parameters import parameters_table
from darkpixel.tables.quantisation import quantisation_table
from darkpixel.tables.search import search_table
from darkpixel.tables.segmentation import accuracy_table
from darkpixel.tables.species import species_table
from darkpixel.tables.speed import speed_table
from darkpixel.tables.statistics import statistics_table
from darkpixel.tables.wasserstein import wasserstein_table

Layout = Callable[[pd.DataFrame, Path], None]

# The pages have headings of their own, so the tables need no title.
_distances: Layout = partial(wasserstein_table, title="")
_shapes: Layout = partial(wasserstein_table, title="", names=("nonzero", "girth", "maximum"))
_speeds: Layout = partial(speed_table, title="")

# Name of the .csv -> the function that makes the run's table of its rows.
LAYOUTS: dict[str, Layout] = {
    "sarm_table1_jet_wasserstein": _distances,
    "sarm_table2_jet_speed": _speeds,
    "sarm_table3_muon_wasserstein": _distances,
    "sarm_table4_muon_speed": _speeds,
    "sarm_table5_lagan_muon_wasserstein": _distances,
    "sarm_table6_parameters": parameters_table,
    "sarm_jet_shape_wasserstein": _shapes,
    "sarm_muon_shape_wasserstein": _shapes,
    "sarm_jet_image_statistics": statistics_table,
    "sarm_muon_image_statistics": statistics_table,
    "sarm_quantisation": quantisation_table,
    "sarm_muon_quantisation": quantisation_table,
    "sarm_classifier_auc": classifier_table,
    "sarm_convergence": convergence_table,
    "sarm_coverage": coverage_table,
    "sarm_diversity": diversity_table,
    "sarm_hyperparameter_search": search_table,
    "sarm_improvement": improvement_table,
    "sarm_likelihood": likelihood_table,
    "sarm_memorisation": memorisation_table,
    "sarm_model_matrix": matrix_table,
    "sarm_physics_distances": physics_distances_table,
    "sarm_two_sample_auc": two_sample_table,
    "lartpc_codebook": codebook_table,
    "lartpc_codebook_ablation": ablation_table,
    "lartpc_coverage": coverage_table,
    "lartpc_diversity": diversity_table,
    "lartpc_memorisation": memorisation_table,
    "lartpc_momentum_response": momentum_table,
    "lartpc_observables": observables_table,
    "lartpc_physics_distances": physics_distances_table,
    "lartpc_reconstruction": reconstruction_table,
    "lartpc_reference_code_comparison": reference_code_table,
    "lartpc_shape_observables": shapes_table,
    "lartpc_species_mix": species_table,
    "lartpc_speed": _speeds,
    "lartpc_ssnet_accuracy": accuracy_table,
    "lartpc_table4_kl_by_checkpoint": partial(divergence_table, direction="test_generated"),
    "lartpc_two_sample_auc": two_sample_table,
}

# Columns whose empty cells are an empty text, not a missing number.
_TEXTS = ("autoencoder", "bound", "claim", "condition", "missing", "not_converged", "seen", "unit",
          "verdict")  # fmt: skip


def read_rows(path: Path) -> pd.DataFrame:
    """The rows of a recorded table, as the function that wrote them had them.

    Raises:
        DarkpixelError: there is no such file.
    """
    return _parsed(_content(path))


def measured_table(path: Path) -> str:
    """A table and the note below it, from a .csv of a run.

    Args:
        path: `{name}.csv`, of a name in `LAYOUTS`.

    Raises:
        DarkpixelError: there is no such file, or no function lays out tables of this name.
    """
    if path.stem not in LAYOUTS:
        raise DarkpixelError(f"{path}: no layout for tables of this name; add it to LAYOUTS")
    return _laid_out(path.stem, _content(path))


@cache  # a table may stand on several pages
def _laid_out(name: str, content: bytes) -> str:
    with scratch_folder() as folder:
        stem = folder / name
        LAYOUTS[name](_parsed(content), stem)
        text = stem.with_suffix(".md").read_text(encoding="utf-8")
    return compact(text.split("\n\n", 1)[1])


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise DarkpixelError(f"{path}: no such table; copy it with `make pages RUN=...`")
    return path.read_bytes()


def _parsed(content: bytes) -> pd.DataFrame:
    rows = pd.read_csv(BytesIO(content))
    return rows.assign(
        **{name: rows[name].astype("object").fillna("") for name in _TEXTS if name in rows}
    )


def table_by_hand(path: Path, align: str = "right") -> str:
    """A table that was recorded by hand: cells as they stand in the .csv.

    Args:
        path: a .csv whose first line is the table's header.
        align: `left` for columns of text; the first column is left-aligned always.
    """
    cells = pd.read_csv(BytesIO(_content(path)), dtype=str, keep_default_na=False)
    lines = [[re.sub(r"^Unnamed: .*", "", name) for name in cells], *cells.to_numpy().tolist()]
    return _joined(lines, "---" if align == "left" else "---:")


def compact(text: str) -> str:
    """Markdown without the blanks that pad its tables: a page has hundreds of rows."""
    lines = []
    for line in text.strip().splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if all(re.fullmatch(":?-+:?", cell) for cell in cells):
                cells = ["---:" if cell.endswith(":") else "---" for cell in cells]
            line = _line(cells)
        lines.append(line)
    return "\n".join(lines)


def _joined(lines: list[list[str]], rule: str) -> str:
    header, *body = lines
    return "\n".join([_line(header), _line(["---", *[rule] * (len(header) - 1)]),
                      *map(_line, body)])  # fmt: skip


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
