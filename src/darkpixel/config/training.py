"""Settings of the training loop, shared by all models."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from darkpixel.config.base import Settings


class Training(Settings):
    """One training run. Defaults are SARM section 8.6 unless a description says otherwise."""

    epochs: int = Field(50, ge=1, description="passes over the training images")
    epoch_images: int | None = Field(
        None, ge=1, description="images of an epoch, drawn anew for each; null: all"
    )
    batch_size: int = Field(128, ge=1, description="images per step (SARM 8.6)")
    learning_rate: float = Field(3e-4, gt=0, description="Adam's step size at the start (SARM 8.6)")
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "halve",
        description="halve the rate every `halve_every` epochs (SARM 8.6), or a cosine to 0",
    )
    halve_every: int = Field(50, ge=1, description="epochs between halvings (SARM 8.6)")
    warmup_steps: int = Field(0, ge=0, description="steps of linear warm-up")
    weight_decay: float = Field(
        0.0, ge=0, description="decoupled weight decay of matrices, not of biases (0: plain Adam)"
    )
    adam_betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (
        Field((0.9, 0.999), description="Adam's decay rates of the two moments (LAGAN: 0.5, 0.999)")
    )
    gradient_clip: float | None = Field(
        10.0, gt=0, description="largest gradient norm; null: no clipping"
    )
    average: float | None = Field(
        None, gt=0, lt=1, description="decay of an exponential average of the weights; null: none"
    )
    early_stopping: int | None = Field(
        None,
        ge=1,
        description="stop after this many epochs without a better validation loss, not before the "
        "last snapshot",
    )
    keep: Literal["best", "last"] = Field(
        "best", description="weights to save: best validation loss, or the last epoch's"
    )
    monitor_every: int = Field(
        0,
        ge=0,
        description="epochs between measures; 0: for images, which must be generated, after the "
        "last epoch only, for codebook and SSNet after each",
    )
    monitor_images: int = Field(
        0,
        ge=0,
        description="images for that: generated ones, W1 of pT and mass on validation (of each "
        "label for models of all labels), 0: none; "
        "labelled ones of each split for SSNet, 0: 500",
    )
    snapshots: list[int] = Field([], description="epochs whose weights are kept beside the model's")
    checkpoint_seconds: float = Field(
        60.0, ge=0, description="seconds between checkpoints within an epoch"
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 autocast on a GPU that has it, float32 elsewhere"
    )
    compile: bool = Field(False, description="torch.compile the loss")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where to train")
    memory_mb: int = Field(
        2000,
        ge=1,
        description="images up to this size are held whole; larger sets stream from disk",
    )

    @model_validator(mode="after")
    def _snapshots_within_epochs(self) -> Self:
        late = [epoch for epoch in self.snapshots if not 1 <= epoch <= self.epochs]
        if late:
            raise ValueError(f"snapshots {late} are not among the epochs 1 to {self.epochs}")
        return self
