"""Images of a trained model within the time that is left, and what they are worth."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from bench.gpu.measures import compare, image_observables, judge
from bench.gpu.report import Run
from bench.timing import once
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.folder import load_config, load_generator, load_model
from darkpixel.models.sample_file import shard_blocks, write_shard
from darkpixel.models.ssnet.model import SSNet

_SEED = 1
_KEPT = 15.0  # seconds for the measures


def draw(
    run: Run, folder: Path, path: Path, name: str, wanted: Mapping[str, int]
) -> dict[str, Any]:
    """Write as many images as there is time for, whole blocks; what was done.

    Args:
        folder: of the model.
        path: image file to write.
        name: of the model.
        wanted: `images`, at most, and `block_size`, of images drawn at once.
    """
    block = min(wanted["block_size"], wanted["images"])
    model, config = load_generator(folder, device=run.device), load_config(folder)
    with torch.inference_mode():
        generator = torch.Generator().manual_seed(7)
        model.sample(min(16, block), generator=generator)  # a warm-up
        seconds = once(lambda: model.sample(block, generator=generator), run.device)
    fit = int(max(run.report.left - _KEPT, 0.0) / seconds)
    images = min(wanted["images"], max(1, fit) * block)
    about = {key: config["images"][key] for key in ("dataset", "label", "pixel_size", "unit")}
    began = time.monotonic()
    write_shard(
        model, path, images=images, block_size=block, blocks=shard_blocks(images, block, 0, 1),
        seed=_SEED, about=about, source=name, config_digest=str(config.get("digest", "")),
    )  # fmt: skip
    run.report.log(f"train: {images} images sampled, {block / seconds:.0f} images/s")
    return {
        "model": name, "images": images, "wanted": wanted["images"], "block_size": block,
        "images_per_second": block / seconds, "seconds": time.monotonic() - began,
    }  # fmt: skip


def measure(
    run: Run,
    samples: Mapping[str, Path],
    test: Path,
    ssnet: str | None,
    found: dict[str, Any],
    save: Callable[[], None],
) -> None:
    """Compare files of liquid-argon images with the test images; nothing for other images.

    Args:
        samples: by the name of their model.
        ssnet: folder of a judge, for table 4, or None.
        found: gets `measures`, and `judge` if there is one; what is there is not done again.
        save: writes `found`.
    """
    log = run.report.log
    with ImageFile(test) as file:
        if file.attributes["dataset"] != "lartpc":
            log("train: measures are for liquid argon only")
            return
    measures = found.setdefault("measures", {})
    expected = image_observables(test)
    for name, path in samples.items():
        if name in measures:
            continue
        measures[name] = compare(image_observables(path), expected)
        save()
        for line in measures[name]:
            log(
                f"train: {name}: W1 of {line['observable']} {line['value']:.3g} +- "
                f"{line['error']:.2g}, floor {line['floor']:.2g}, mean {line['mean']:.4g}, "
                f"test {line['test_mean']:.4g}"
            )
    if ssnet is None or "judge" in found:
        return
    model = load_model(ssnet, device=run.device)
    assert isinstance(model, SSNet)
    labels = next(iter(samples.values())).parent / "labels"
    found["judge"] = judge(model, ssnet, samples, test, labels)
    save()
    for line in found["judge"]["divergences"]:
        log(
            f"train: {line['model']}: KL of {line['observable']} ({line['direction']}) "
            f"{line['value']:.3g} +- {line['error']:.2g}, floor {line['floor']:.2g}"
        )
