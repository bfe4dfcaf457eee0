"""What the images of a trained model are worth, step by step as the time allows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.gpu.angular import angular_observables, two_sample
from bench.gpu.measures import compare, image_observables, judge
from bench.gpu.report import Run
from darkpixel.config.names import JETS, LARTPC, MUONS
from darkpixel.config.two_sample import TwoSample
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import load_model
from darkpixel.models.ssnet.model import SSNet

_TWO_SAMPLE = 15.0  # seconds that a two-sample test of a label may take


def measure(
    run: Run,
    samples: Mapping[str, Path],
    test: Path,
    found: dict[str, Any],
    save: Callable[[], None],
) -> None:
    """Compare files of images with the test images of their data set and label.

    Args:
        samples: by the name of their model.
        found: gets the rows of each model; what is there is not done again.
        save: writes `found`.
    """
    with ImageFile(test) as file:
        dataset, label = file.attributes["dataset"], file.attributes["label"]
    if dataset not in (JETS, MUONS, LARTPC):
        run.report.log(f"train: there are no measures of images of {dataset}")
        return
    observe = image_observables if dataset == LARTPC else angular_observables
    expected = observe(test)
    for name, path in samples.items():
        if name in found:
            continue
        found[name] = compare(observe(path), expected)
        save()
        for line in found[name]:
            run.report.log(
                f"train: {name}, {label}: W1 of {line['observable']} {line['value']:.3g} +- "
                f"{line['error']:.2g}, floor {line['floor']:.2g}, mean {line['mean']:.4g}, "
                f"test {line['test_mean']:.4g}"
            )


def classify(
    run: Run,
    samples: Mapping[str, Path],
    test: Path,
    train: Path,
    found: dict[str, Any],
    save: Callable[[], None],
) -> None:
    """Two-sample test on features of jets or muons, if there is time for it.

    Args:
        samples: by the name of their model.
        test, train: images of their label.
        found: gets the rows, under `rows`, or why there are none, under `skipped`.
        save: writes `found`.
    """
    if "rows" in found:
        return
    if run.report.left < _TWO_SAMPLE:
        found["skipped"] = f"{run.report.left:.0f} s were left, {_TWO_SAMPLE:.0f} are needed"
        run.report.log(f"train: two-sample test skipped: {found['skipped']}")
        save()
        return
    found |= two_sample(samples, test, train, TwoSample())
    found.pop("skipped", None)
    save()
    for line in found["rows"]:
        run.report.log(
            f"train: {line['model']}, {line['label']}: AUC {line['value']:.4f} +- "
            f"{line['error']:.4f}{' (' + line['verdict'] + ')' if line['verdict'] else ''}"
        )


def judge_charge(
    run: Run,
    samples: Mapping[str, Path],
    test: Path,
    ssnet: str,
    found: dict[str, Any],
    save: Callable[[], None],
) -> None:
    """LArTPC table 4 by an SSNet.

    Args:
        samples: liquid-argon images by the name of their model.
        ssnet: folder of the judge.
        found: gets `judge`, unless it is there.
        save: writes `found`.
    """
    if "judge" in found:
        return
    model = load_model(ssnet, device=run.device)
    assert isinstance(model, SSNet)
    labels = next(iter(samples.values())).parent / "labels"
    found["judge"] = judge(model, ssnet, samples, test, labels)
    save()
    for line in found["judge"]["divergences"]:
        run.report.log(
            f"train: {line['model']}: KL of {line['observable']} ({line['direction']}) "
            f"{line['value']:.3g} +- {line['error']:.2g}, floor {line['floor']:.2g}"
        )
