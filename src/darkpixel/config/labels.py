"""What labels, models, data sets and studies may be called: their names stand in paths and tables.

A label is a folder, a part of a file's name, a wildcard of Snakemake, a word of a command line and
of a cluster's request, and the cell of a table. So it has what a physicist's names need (W+jets,
e+e-, t.tbar, Å) and nothing that one of these takes for its own: `/`, the comma between the labels
of a joint file, quotes, `$`, `%` (Slurm's names of logs), `*`, `|`. A blank is refused too:
HTCondor parts arguments there, and `_` says the same.
"""

import re
import unicodedata
from collections.abc import Sequence

from darkpixel.config.names import JOINT

_MARKS = "_+-."
_LONGEST = 40
"""Characters, of at most four bytes each; names of files may have 255 bytes, what is measured of a
label and the ending among them."""
_ENDS_OF_FILES = (
    "classifier", "convergence", "diversity", "likelihood", "order", "orders", "physics_distances",
    "speed", "two_sample_low_level",
)  # fmt: skip
"""Ends of file names by which what is measured of one label, or of all, is told apart."""
NAME = r"[^\W\d]\w*"
"""Pattern of the names of models, data sets and studies."""


def is_name(name: str) -> bool:
    """Whether a model, data set or study may be called so.

    Example:
        >>> is_name("sarm_2"), is_name("modèle"), is_name("2_sarm"), is_name("my-model")
        (True, True, False, False)
    """
    return re.fullmatch(NAME, name) is not None


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that could be no folder, wildcard or word everywhere.

    Raises:
        ValueError: one is, with what is wrong.
    """
    shown: dict[str, str] = {}
    for label in labels:
        wrong = next((c for c in label if not _is_letter(c) and c not in _MARKS), None)
        if wrong is not None or not label or not _is_letter(label[0]):
            found = f"has {wrong!r}" if wrong else "begins with a mark" if label else "is empty"
            raise ValueError(
                f"label {label!r} {found}; a label is letters and digits, with {' '.join(_MARKS)} "
                "after the first, such as W+jets or e+e-"
            )
        if len(label) > _LONGEST:
            raise ValueError(
                f"label {label!r} has {len(label)} characters; at most {_LONGEST} fit into the "
                "names of files"
            )
        if label == JOINT or any(f"_{label}".endswith(f"_{end}") for end in _ENDS_OF_FILES):
            raise ValueError(
                f"label {label!r} is taken, as files of the results end so; give it another name"
            )
        folder = unicodedata.normalize("NFC", label).casefold()
        if folder in shown:
            raise ValueError(
                f"labels {shown[folder]!r} and {label!r} would be one folder where capitals do not "
                "count, as on macOS; give one another name"
            )
        shown[folder] = label


def _is_letter(character: str) -> bool:
    """Or a digit, or an accent, of any script."""
    return unicodedata.category(character)[0] in "LMN"
