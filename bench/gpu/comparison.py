"""One model on two devices: what it gives for the same weights, inputs and noise."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from bench.gpu.subjects import relative
from darkpixel.models.base import GenerativeModel, Trainable
from darkpixel.models.classifier.model import Classifier
from darkpixel.models.lagan.model import LAGAN
from darkpixel.models.sarm.model import SARM
from darkpixel.models.ssnet.model import SSNet
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.models.vqvae_pixelcnn.model import VQVAEPixelCNN
from darkpixel.studies.subjects import Subject
from darkpixel.training.optimisation import network_of

TOLERANCES = {
    "loss": 3e-5,  # relative, float32 with tf32 off
    "gradient": 1e-3,  # |difference| / |gradient|
    "gradient_norm": 1e-3,
    "output": 5e-4,  # |difference| / |output less its mean over the batch|
    "codes": 2e-3,  # share of cells with another code: two vectors equally near
    "tf32_loss": 0.01,
    "bfloat16_loss": 0.03,
    "bfloat16_gradient_norm": 0.15,
    "different_images": 0.05,  # share: one uniform at the edge of a cumulative changes the rest
    "nonzero": 0.05,  # relative, mean number of non-zero pixels
    "sum": 0.1,  # relative, mean sum of the pixels
    "movement": 0.1,  # |resumed - uninterrupted| / |uninterrupted - initial|
    "validation_loss": 0.02,
}
SAME: dict[str, Any] = {"rtol": 1e-2, "atol": 1e-3}
"""Pixels this close are the same."""

Row = dict[str, Any]


class CpuNoise(TorchFunctionMode):
    """Within the block torch's noise is drawn on the CPU and then moved to where it is wanted."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.rand, torch.randn, torch.randint) and kwargs.get("generator") is None:
            device = kwargs.pop("device", None)
            drawn = func(*args, **kwargs)
            return drawn if device is None else drawn.to(device)
        if func is Tensor.uniform_:
            target = args[0]
            drawn = torch.empty(target.shape, dtype=target.dtype)
            return target.copy_(drawn.uniform_(*args[1:], **kwargs))
        return func(*args, **kwargs)


@contextmanager
def tf32_convolutions(allowed: bool) -> Iterator[None]:
    """Within the block cuDNN may, or must not, round the inputs of convolutions to tf32."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def row(name: str, check: str, value: float, tolerance: float, **more: Any) -> Row:
    """One line of the result; a value that is not a number fails."""
    passed = bool(value <= tolerance)
    return {"model": name, "check": check, "value": value, "tolerance": tolerance,
            "passed": passed, **more}  # fmt: skip


def outputs(model: Trainable, inputs: Tensor) -> dict[str, Tensor]:
    """What a model gives in evaluation mode, by name; `codes` are whole numbers."""
    found: dict[str, Tensor] = {}
    if isinstance(model, SARM):
        found |= {f"log_prob_{k}": v for k, v in model.log_prob_parts(inputs).items()}
    elif not isinstance(model, VQVAEPixelCNN) and (log_prob := getattr(model, "log_prob", None)):
        found["log_prob"] = log_prob(inputs)
    if isinstance(model, VQVAEPixelCNN):
        codes, classes = inputs.long(), None
        if model.options.condition is not None:
            classes = torch.arange(len(codes), device=codes.device) % len(model.species)
        found["logits"] = model.prior(codes, classes)
        found["decoded"] = model.autoencoder.decode(codes)
    if isinstance(model, VQVAE):
        found["codes"] = model.encode(inputs)
        fixed = torch.arange(found["codes"].numel(), device=inputs.device) % model.options.codes
        found["decoded"] = model.decode(fixed.view(found["codes"].shape))
    if isinstance(model, SSNet):
        found["scores"] = model.scores(inputs)
    if isinstance(model, Classifier):
        found["log_odds"] = model(inputs)
    if isinstance(model, LAGAN):
        latent = torch.linspace(-2, 2, len(inputs) * model.options.latent, device=inputs.device)
        classes = torch.arange(len(inputs), device=inputs.device) % 2
        found["generated"] = model.generator(latent.view(len(inputs), -1), classes)
        real, label = model.discriminator(inputs / model.options.scale)
        found |= {"real": real, "label": label}
    if isinstance(model, GenerativeModel):
        with torch.no_grad():
            density = None if isinstance(model, VQVAEPixelCNN) else model.log_density(inputs)
        if density is not None:
            found["log_density"] = density
    if bound := getattr(model, "sequence_log_density", None):
        found["sequence_log_density"] = bound(inputs)
    return found


def loss_and_gradient(
    model: Trainable, phase: str, inputs: Tensor, columns: dict[str, Tensor], bfloat16: bool = False
) -> tuple[Tensor, Tensor]:
    """The loss and the gradient of a phase's parameters as one vector, with the CPU's noise."""
    parameters = [p for p in model.phase_parameters(network_of(phase)) if p.requires_grad]
    torch.manual_seed(5)
    model.zero_grad(set_to_none=True)
    with CpuNoise(), torch.autocast(inputs.device.type, torch.bfloat16, enabled=bfloat16):
        loss = model.loss(inputs, phase, **columns)
    loss.backward()
    flat = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    gradient = torch.cat([g.detach().float().flatten().cpu() for g in flat])
    model.zero_grad(set_to_none=True)
    return loss.detach(), gradient


def compare(
    subject: Subject,
    device: torch.device,
    *,
    images: int,
    spoil: Callable[[nn.Module], None] | None = None,
) -> list[Row]:
    """Loss, gradient and outputs of a model on `device` against the CPU's.

    Args:
        images: of a batch.
        spoil: changes the model on the device, for tests of these checks.
    """
    reference = subject.build(noise=0.03)
    there = subject.copy_of(reference, device)
    if spoil is not None:
        spoil(there)
    inputs, columns = subject.inputs(reference, images, seed=2)
    moved = inputs.to(device), {k: v.to(device) for k, v in columns.items()}
    if device.type == "cpu" and isinstance(reference, VQVAEPixelCNN | SSNet):
        # The same model would give the same bits; these can do without float32.
        there, moved = there.double(), (moved[0].double(), moved[1])
    name, rows = subject.name, []
    for phase in dict.fromkeys(reference.phases):
        tag = "" if phase == "model" else f" {phase}"
        expected, gradient = loss_and_gradient(reference, phase, inputs, columns)
        found, found_gradient = loss_and_gradient(there, phase, *moved)
        rows += [
            row(name, f"loss{tag}", relative(found, expected), TOLERANCES["loss"],
                cpu=float(expected), device=float(found)),
            row(name, f"gradient{tag}", relative(found_gradient, gradient),
                TOLERANCES["gradient"]),
            row(name, f"gradient_norm{tag}",
                relative(found_gradient.norm(), gradient.norm()), TOLERANCES["gradient_norm"],
                cpu=float(gradient.norm()), device=float(found_gradient.norm())),
        ]  # fmt: skip
        coarse, coarse_gradient = loss_and_gradient(there, phase, *moved, bfloat16=True)
        rows += [
            row(name, f"bfloat16_loss{tag}", relative(coarse, expected),
                TOLERANCES["bfloat16_loss"], device=float(coarse)),
            row(name, f"bfloat16_gradient_norm{tag}",
                relative(coarse_gradient.norm(), gradient.norm()),
                TOLERANCES["bfloat16_gradient_norm"], device=float(coarse_gradient.norm())),
        ]  # fmt: skip
        if device.type == "cuda":  # torch's default for convolutions, which is what a user gets
            with tf32_convolutions(True):
                rounded, _ = loss_and_gradient(there, phase, *moved)
            error = relative(rounded, expected)
            rows.append(row(name, f"tf32_loss{tag}", error, TOLERANCES["tf32_loss"]))
    rows += _compare_outputs(name, reference, there, inputs, moved[0])
    return rows


def _compare_outputs(
    name: str, reference: Trainable, there: Trainable, inputs: Tensor, moved: Tensor
) -> list[Row]:
    rows = []
    with torch.no_grad():
        torch.manual_seed(6)
        with CpuNoise():
            expected = outputs(reference, inputs)
        torch.manual_seed(6)
        with CpuNoise():
            found = outputs(there, moved)
    for key, values in expected.items():
        if key == "codes":
            share = float((found[key].cpu() != values).double().mean())
            rows.append(row(name, "codes", share, TOLERANCES["codes"]))
        else:
            # What all images have in common, a bias, must not hide what differs.
            common = values.double().mean(0, keepdim=True)
            error = relative(found[key].double().cpu() - common, values.double() - common)
            rows.append(
                row(name, key, error, TOLERANCES["output"],
                    largest=float((found[key].cpu() - values).abs().max()))
            )  # fmt: skip
    return rows


def compare_samples(subject: Subject, device: torch.device, images: int) -> list[Row]:
    """Images drawn on `device` against those of the CPU, from the same uniforms.

    A uniform at the edge of a cumulative changes a pixel and with it the rest of the image, so
    the share of images that differ is bounded, and their mean brightness besides.
    """
    reference = subject.build()
    if not isinstance(reference, GenerativeModel):
        return []
    there = subject.copy_of(reference, device)
    assert isinstance(there, GenerativeModel)
    name = subject.name
    expected = reference.sample(images, generator=torch.Generator().manual_seed(3))
    found = there.sample(images, generator=torch.Generator().manual_seed(3)).cpu()
    own = there.sample(images, generator=torch.Generator(device).manual_seed(4)).cpu()
    different = ~torch.isclose(found, expected, **SAME)
    share = float(different.flatten(1).any(1).double().mean())
    nonzero, total = [(values > 0).double().mean() for values in (found, expected)], expected.sum()
    good = bool(own.isfinite().all() and (own >= 0).all() and own.shape == expected.shape)
    return [
        row(name, "samples: different images", share,
            max(TOLERANCES["different_images"], 2 / images),
            pixels=float(different.double().mean()), images=images,
            zeros=float((found == 0).double().mean())),
        row(name, "samples: non-zero pixels", relative(*nonzero), TOLERANCES["nonzero"]),
        row(name, "samples: sum", relative(found.sum(), total), TOLERANCES["sum"]),
        row(name, "samples: generator of the device", 0.0 if good else float("inf"), 0.0),
    ]  # fmt: skip
