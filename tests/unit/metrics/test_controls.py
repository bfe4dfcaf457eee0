"""Verdicts on controls: by errors of both sides, in the direction of the fault, in each group."""

import math

import pandas as pd
import pytest

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.controls import TELLS, TOO_WEAK, verdict, with_verdicts


@pytest.mark.parametrize(
    ("same", "faulty", "expected", "sign", "found"),
    [
        ((1.0, 0.1), (2.0, 0.1), (1.0, 0.1), 1, ""),
        ((1.0, 0.1), (1.4, 0.1), (1.0, 0.1), 1, TOO_WEAK),  # 2.8 errors of the difference
        ((1.0, 0.1), (1.4, 0.1), (1.0, 0.0), 1, ""),  # 4 errors
        ((1.0, 0.1), (1.4, 0.1), (1.0, math.nan), 1, ""),  # a floor of one pair has no error
        ((1.0, 0.1), (2.0, 0.1), (1.0, 0.1), -1, TOO_WEAK),  # in the wrong direction
        ((1.0, 0.1), (0.0, 0.1), (1.0, 0.1), -1, ""),
        ((1.5, 0.1), (0.0, 0.1), (1.0, 0.1), -1, TELLS),
        ((0.5, 0.1), (9.0, 0.1), (1.0, 0.1), 1, TELLS),
        ((math.nan, 0.1), (9.0, 0.1), (1.0, 0.1), 1, TELLS),  # no number holds nothing
        ((1.0, 0.1), (math.nan, 0.1), (1.0, 0.1), 1, TOO_WEAK),
    ],
)
def test_a_verdict_counts_errors_in_the_direction_of_the_fault(same, faulty, expected, sign, found):
    assert verdict(same, faulty, expected, sign) == found


def test_each_measure_of_each_label_has_a_verdict_of_its_own():
    def row(label, observable, model, value):
        return {"dataset": "jets", "label": label, "observable": observable, "model": model,
                "value": value, "error": 0.1, "floor": 0.0, "floor_error": 0.1}  # fmt: skip

    seen = {("a", "up"): 1.0, ("a", "down"): -1.0, ("b", "up"): 0.1, ("b", "down"): 1.0}
    rows = pd.DataFrame(
        [
            row(label, observable, model, value)
            for (label, observable), shift in seen.items()
            for model, value in ((MONTE_CARLO, 0.0), ("fault", shift), ("model", 5.0))
        ],
        index=[*range(5, 17)],
    )
    found = with_verdicts(rows, {"up": ("fault", 1), "down": ("fault", -1)})
    assert found.drop(columns="verdict").equals(rows)
    by_group = found.groupby(["label", "observable"])["verdict"].unique()
    assert by_group.map(list).to_dict() == {
        ("a", "up"): [""], ("a", "down"): [""], ("b", "up"): [TOO_WEAK], ("b", "down"): [TOO_WEAK]
    }  # fmt: skip
