"""Step `rates`: images per second of every sampler and training at the papers' sizes.

Weights are those of an untrained model fitted to synthetic images with the zeros of real ones.
Host synchronisations are looked for in one small batch of each.
"""

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.autograd import DeviceType  # type: ignore[attr-defined]  # not in its __all__
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from bench.gpu.report import Run
from bench.gpu.subjects import checked, paper_settings
from bench.timing import TimeUp, once, repeated, synchronise, time_limit
from darkpixel.models.base import GenerativeModel
from darkpixel.studies.step_speed import draw_function, training_step
from darkpixel.studies.subjects import Kind, Subject

STEP = "rates"
_FASTER = 1.05  # a larger batch must be so much faster to go on
_WARM_UP = 4  # times the bound of a batch: first launches, cuDNN's choices
_MOST_MEMORY = 0.9  # of the device's; a batch that would need more is not tried


class Bounds(NamedTuple):
    """How much a measurement may take."""

    seconds: float
    """Of the repetitions at one batch size."""
    longest: float
    """Seconds of one batch; then it is given up."""
    sampling: tuple[int, ...]
    """Images of a batch."""
    training: tuple[int, ...]


TOY = Bounds(0.05, 20.0, (4, 8), (8,))
REAL = Bounds(0.6, 3.0, (256, 1024, 4096, 16384), (512, 2048))


def subjects(toy: bool) -> list[Subject]:
    """What is timed: the models at the papers' sizes."""
    if toy:
        names = ("sarm2_dd", "lagan", "vqvae", "vqvae_pixelcnn", "ssnet", "sparse_transformer")
        return [subject for subject in checked(True) if subject.name in names]
    chosen: list[tuple[str, Kind, int, dict[str, Any]]] = [
        ("vqvae_pixelcnn", "lartpc", 64, {}),
        ("sarm2_dd", "jets", 28, {}),
        ("sarm2_dc", "jets", 28, {}),
        ("lagan", "jets", 28, {}),
        ("pixelcnnpp", "jets", 28, {}),
        ("sarm2_dd", "muons", 32, {}),
        ("sarm2_dc", "muons", 32, {}),
        ("sarm2_dd_totals", "jets", 28, {}),
        ("vqvae", "lartpc", 64, {}),
    ]
    found = [
        Subject(f"{name} {kind}", {**paper_settings(name, kind), **more}, kind, side)
        for name, kind, side, more in chosen
    ]
    ssnet = {"model": "ssnet", "filters": 16, "depth": 4}
    found.append(Subject("ssnet lartpc", ssnet, "lartpc", 64))
    # One matrix instead of eight rectangles a layer: fewer launches, twice the arithmetic.
    one = {**paper_settings("sarm2_dd", "jets"), "blocks": 1}
    found.append(Subject("sarm2_dd_one_block jets", one, "jets", 28))
    full = {"model": "sparse_transformer", "width": 256, "layers": 8, "heads": 8}
    compiled = {**full, "compile_blocks": True}
    found.insert(0, Subject("sparse_transformer lartpc", full, "lartpc", 64))
    found.insert(1, Subject("sparse_transformer_compiled lartpc", compiled, "lartpc", 64))
    return found


def main(run: Run, only: list[str] | None = None) -> bool:
    """Write `rates.json`; whether everything wanted was measured."""
    report, bounds = run.report, TOY if run.toy else REAL
    found = report.load(STEP)
    rows: dict[str, dict[str, Any]] = found.get("models", {})
    bf16 = report.load("machine").get("bfloat16_flops")
    wanted = [
        subject for subject in subjects(run.toy)
        if only is None or subject.name.split()[0] in only
    ]  # fmt: skip
    for subject in wanted:
        if subject.name in rows:
            continue
        if report.left < 4 * bounds.longest:
            report.log("rates: no time left")
            break
        try:
            rows[subject.name] = measure(run, subject, bounds, bf16)
        except Exception as error:  # noqa: BLE001  # one model's fault must not hide the others
            rows[subject.name] = {"error": f"{type(error).__name__}: {error}"[:500]}
        report.log(f"rates: {subject.name}: {summary(rows[subject.name])}")
        report.save(STEP, {"models": rows, "finished": False})
        if run.device.type == "cuda":
            torch.cuda.empty_cache()
    finished = {subject.name for subject in wanted} <= rows.keys()
    report.save(STEP, {"models": rows, "finished": finished, "bounds": bounds._asdict()})
    return finished and not any("error" in row for row in rows.values())


def summary(row: dict[str, Any]) -> str:
    """One line of a model's numbers."""
    if "error" in row:
        return str(row["error"])
    parts = []
    if row.get("best_sampling"):
        best = row["best_sampling"]
        parts.append(f"{best['images_per_second']:.0f} images/s in batches of {best['batch']}")
    for line in row.get("training", []):
        if "images_per_second" in line:
            share = line.get("share_of_bfloat16_rate")
            text = f"training {line['images_per_second']:.0f} images/s at {line['batch']}"
            text += f" ({share:.2%} of bf16)" if share else ""
            if "busy_share" in line:
                text += f" (GPU busy {line['busy_share']:.0%}, {line['kernels']} kernels)"
            parts.append(text)
        else:
            parts.append(f"training at {line['batch']}: {line['problem']}")
    return "; ".join(parts) or "nothing measured"


def measure(run: Run, subject: Subject, bounds: Bounds, bf16: float | None) -> dict[str, Any]:
    """Rates of one model, and where it makes the host wait for the device."""
    device = run.device
    model = subject.build(200 if run.toy else 1000).to(device)
    found: dict[str, Any] = {
        "parameters": model.parameter_counts(),
        "settings": model.settings,
    }
    draws = draw_function(model, subject, device)
    if draws is not None:
        name, draw = draws
        found["draws"] = name
        with torch.inference_mode(), time_limit(_WARM_UP * bounds.longest):
            found["zeros"] = float((draw(64) == 0).double().mean())
            found["sampling_synchronisations"] = synchronisations(lambda: draw(64), device)
        with torch.inference_mode():
            found["sampling"] = rates_by_batch(draw, bounds.sampling, bounds, device)
        measured = [line for line in found["sampling"] if "images_per_second" in line]
        if measured:
            best = max(measured, key=lambda line: line["images_per_second"])
            found["best_sampling"] = best
            if isinstance(model, GenerativeModel):
                # As the pipeline draws: uniforms of the CPU, so that all devices have the same.
                with torch.inference_mode():
                    seconds = once(lambda: draw(best["batch"], torch.device("cpu")), device)
                found["images_per_second_cpu_generator"] = best["batch"] / seconds
    step = training_step(model, subject, device)
    with time_limit(_WARM_UP * bounds.longest):
        step(8)
        found["training_synchronisations"] = synchronisations(lambda: step(8), device)
    found["training"] = rates_by_batch(step, bounds.training, bounds, device)
    for line in found["training"]:
        if "images_per_second" in line:
            line |= flops(step, line, bf16)
            line |= kernels(step, line, device)
    return found


def rates_by_batch(
    call: Callable[[int], object], batches: tuple[int, ...], bounds: Bounds, device: torch.device
) -> list[dict[str, Any]]:
    """Images per second at each batch size, until one is too long, too large, or no faster."""
    rows: list[dict[str, Any]] = []
    fastest = 0.0
    used = 0.0  # bytes an image
    for batch in batches:
        row: dict[str, Any] = {"batch": batch}
        rows.append(row)
        if device.type == "cuda":
            if used * batch > _MOST_MEMORY * torch.cuda.get_device_properties(device).total_memory:
                row["problem"] = f"would need {used * batch / 1e9:.0f} GB"
                break
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
        try:
            with time_limit(bounds.longest):
                first = once(lambda batch=batch: call(batch), device)  # type: ignore[misc]
            if first > bounds.seconds:  # no time for another; the smaller batches were the warm-up
                seconds, spread, count = first, 0.0, 1
            else:
                with time_limit(bounds.longest + bounds.seconds):
                    timing = repeated(lambda batch=batch: call(batch), device, bounds.seconds)  # type: ignore[misc]
                seconds, spread, count = timing
        except TimeUp:
            synchronise(device)
            row["problem"] = f"not one batch in {bounds.longest:g} s"
            row["images_per_second_below"] = batch / bounds.longest
            break
        except torch.OutOfMemoryError:
            row["problem"] = "out of memory"
            break
        rate = batch / seconds
        row |= {"images_per_second": rate, "seconds": seconds, "spread": spread, "calls": count}
        if device.type == "cuda":
            row["memory_bytes"] = torch.cuda.max_memory_allocated(device)
            used = row["memory_bytes"] / batch
        if rate < _FASTER * fastest:
            break
        fastest = max(fastest, rate)
    return rows


def flops(
    step: Callable[[int], None], line: dict[str, Any], bf16: float | None
) -> dict[str, float]:
    """Operations of products and convolutions an image, by torch's counter, and their rate."""
    counter = FlopCounterMode(display=False)
    with counter:
        step(line["batch"])
    each = counter.get_total_flops() / line["batch"]
    rate = each * line["images_per_second"]
    found = {"flops_per_image": each, "flops_per_second": rate}
    return found | ({"share_of_bfloat16_rate": rate / bf16} if bf16 else {})


def kernels(
    step: Callable[[int], None], line: dict[str, Any], device: torch.device
) -> dict[str, Any]:
    """Kernels of a step, and the share of its time in which the GPU has one to run."""
    if device.type != "cuda":
        return {}
    try:
        with profile(activities=[ProfilerActivity.CUDA]) as found:
            step(line["batch"])
            torch.cuda.synchronize(device)
        ran = [event for event in found.events() if event.device_type == DeviceType.CUDA]
        busy = sum(event.device_time for event in ran) * 1e-6
    except Exception as error:  # noqa: BLE001  # a profiler needs rights that a machine may not give
        return {"profiler": f"{type(error).__name__}: {error}"[:200]}
    return {"kernels": len(ran), "busy_share": busy / line["seconds"]}


def synchronisations(call: Callable[[], object], device: torch.device) -> dict[str, int]:
    """How often which line of Python makes the host wait for the GPU, in a call that is warm."""
    if device.type != "cuda":
        return {}
    torch.cuda.synchronize(device)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    places = [
        f"{'/'.join(str(warning.filename).split('/')[-3:])}:{warning.lineno}"
        for warning in caught
        if "synchronizing" in str(warning.message)
    ]
    return dict(Counter(places).most_common(12))
