"""The models that are checked and timed on a GPU."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from torch import Tensor

from darkpixel.studies.subjects import Kind, Subject

CONFIGURATION = Path(__file__).parents[2] / "config"


def checked(toy: bool) -> list[Subject]:
    """The variants whose arithmetic is compared; small, since rounding does not care."""
    side = 8 if toy else 12
    argon = 16 if toy else 32
    layers = 2 if toy else 3
    sarm: dict[str, Any] = {"model": "sarm", "layers": layers, "units": 32 if toy else 160}
    vqvae = {
        "model": "vqvae", "codes": 24 if toy else 128, "dimension": 4 if toy else 8,
        "kmeans_start": True, "codebook_update": "ema", "replace_after": 20,
    }  # fmt: skip
    prior = {
        "model": "vqvae_pixelcnn", "autoencoder": vqvae, "blocks": 2 if toy else 3,
        "filters": 8 if toy else 64,
    }  # fmt: skip
    totals = {"sums": True, "totals": True, "total_noise": 2.0}
    continuous = {"likelihood": "truncated_logistic"}
    found = [
        Subject("sarm1_dd", {**sarm, "centres": []}, "jets", side),
        Subject("sarm2_dd", {**sarm, "centres": [4]}, "jets", side),
        Subject("sarm2_dd_values", {**sarm, "centres": [4], "inputs": "value"}, "jets", side),
        Subject("sarm1_dc", {**sarm, "centres": [], **continuous}, "jets", side),
        Subject("sarm2_dc", {**sarm, "centres": [4], **continuous}, "jets", side),
        Subject("sarm2_dd_sums", {**sarm, "centres": [4], "sums": True}, "jets", side),
        Subject(
            "sarm2_dd_totals", {**sarm, "centres": [4], **totals, "shared_units": 16}, "jets", side
        ),
        Subject("sarm2_dc_totals", {**sarm, "centres": [4], **continuous, **totals}, "jets", side),
        Subject("sarm1_gamma", {**sarm, "centres": [], "likelihood": "gamma"}, "jets", side),
        Subject("sarm1_narrow", {**sarm, "centres": [], "units": 5, "residual": True}, "jets",
                side),
        Subject("lagan", {"model": "lagan", "generator_filters": 8, "discriminator_filters": 8},
                "jets", 12 if toy else 16),
        Subject("pixelcnnpp", {"model": "pixelcnnpp", "filters": 4 if toy else 10,
                               "blocks": 1 if toy else 2, "power": 1.5}, "jets", side),
        Subject("vqvae", vqvae, "lartpc", argon),
        Subject("vqvae_root", {**vqvae, "pixels": "root", "codebook_update": "loss"}, "lartpc",
                argon),
        Subject("vqvae_pixelcnn", {**prior, "preset": "paper_text"}, "lartpc", argon),
        Subject("vqvae_pixelcnn_reference_code", {**prior, "preset": "reference_code"}, "lartpc",
                argon),
        Subject("vqvae_pixelcnn_species", {**prior, "condition": "species"}, "lartpc", argon),
        Subject("ssnet", {"model": "ssnet", "filters": 4, "depth": 2}, "lartpc", argon),
        Subject("classifier", {"model": "classifier", "filters": 8, "units": 20}, "jets", side),
    ]  # fmt: skip
    small = {
        "model": "sparse_transformer", "width": 32 if toy else 64, "layers": 2, "heads": 2,
    }  # fmt: skip
    conditioned = {**small, "conditions": ["species", "momentum"]}
    fixed = {**small, "order": "spiral_out", "values": "shares"}
    found += [
        Subject("sparse_transformer", small, "lartpc", argon),
        Subject("sparse_transformer_conditional", conditioned, "lartpc", argon),
        Subject("sparse_transformer_jets", {**fixed, "conditions": ["class"]}, "jets", side),
        Subject("sparse_transformer_muons", {**fixed, "values": "absolute"}, "muons", side),
    ]
    return found


def paper_settings(name: str, dataset: Kind, label: str = "signal") -> dict[str, Any]:
    """Settings of a model as `config/paper.yaml` over `config/config.yaml` has them."""
    merged: dict[str, Any] = {}
    for file in ("config.yaml", "paper.yaml"):
        content = yaml.safe_load((CONFIGURATION / file).read_text(encoding="utf-8"))
        merged = _merged(merged, content["models"].get(name, {}))
    settings = {"model": merged["model"], **merged.get("settings", {})}
    for place in (dataset, f"{dataset}/{label}"):
        settings |= merged.get("where", {}).get(place, {}).get("settings", {})
    if "autoencoder" in merged:
        settings["autoencoder"] = paper_settings(merged["autoencoder"], dataset, label)
    return settings


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for key, value in above.items():
        inner = found.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            found[key] = _merged(inner, value)
        else:
            found[key] = value
    return found


def relative(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| in float64 on the CPU; infinite where not finite."""
    a, b = (values.detach().double().cpu().flatten() for values in (found, expected))
    if a.shape != b.shape or not bool(a.isfinite().all() and b.isfinite().all()):
        return float("inf")
    return float((a - b).norm() / b.norm().clamp(min=np.finfo(np.float64).tiny))
