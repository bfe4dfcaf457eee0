"""Settings of the training loop, shared by all models."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from darkpixel.config.base import Settings


class Training(Settings):
    """One training run. The defaults are those of SARM 8.6 unless a description says otherwise."""

    epochs: int = Field(50, ge=1, description="passes over the training images")
    epoch_images: int | None = Field(
        None, ge=1, description="images in an epoch, drawn anew for each epoch; null: all"
    )
    batch_size: int = Field(128, ge=1, description="images in a step (SARM 8.6)")
    learning_rate: float = Field(3e-4, gt=0, description="Adam's step size at the start (SARM 8.6)")
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "halve",
        description="of the learning rate: halved every `halve_every` epochs (SARM 8.6), a cosine "
        "that ends at 0, or constant",
    )
    halve_every: int = Field(50, ge=1, description="epochs between halvings (SARM 8.6)")
    warmup_steps: int = Field(0, ge=0, description="steps of linear warm-up")
    weight_decay: float = Field(
        0.0,
        ge=0,
        description="decoupled weight decay, of matrices and not of biases; 0: plain Adam",
    )
    adam_betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (
        Field(
            (0.9, 0.999),
            description="Adam's decay rates of the first and second moment (LAGAN: 0.5, 0.999)",
        )
    )
    gradient_clip: float | None = Field(
        10.0, gt=0, description="largest gradient norm; null: no clipping"
    )
    average: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="decay rate of an exponential moving average of the weights, which is what is "
        "then kept; null: none",
    )
    early_stopping: int | None = Field(
        None,
        ge=1,
        description="stop after this many epochs without a better validation loss, but not before "
        "the last snapshot; null: never",
    )
    keep: Literal["best", "last"] = Field(
        "best", description="weights to keep: those of the best validation loss, or the last"
    )
    monitor_every: int = Field(
        0,
        ge=0,
        description="epochs between the measures that the training curves show; 0: after the last "
        "epoch alone where images have to be generated, after every epoch for codebook and SSNet",
    )
    monitor_images: int = Field(
        0,
        ge=0,
        description="images in these measures: generated ones, whose W1 in pT and mass to the "
        "validation images is taken (for each label, if a model knows several), 0: none; for SSNet "
        "labelled ones of each split, 0: 500",
    )
    snapshots: list[int] = Field(
        [], description="epochs after which the weights are also kept, beside the final ones"
    )
    checkpoint_seconds: float = Field(
        60.0, ge=0, description="time between checkpoints within an epoch, s"
    )
    symmetries: bool = Field(
        False,
        description="turn each training image at random by the symmetries of its data set (key "
        "`symmetries` there), drawn anew each time; models of an autoencoder's codes are not "
        "turned, since the codes of a turned image are others",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="auto: bfloat16 autocast on a GPU that has it, float32 elsewhere; bfloat16: on "
        "a CPU that has it, too",
    )
    compile: bool = Field(False, description="torch.compile the loss")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where to train")
    memory_mb: int = Field(
        2000,
        ge=1,
        description="sets of images up to this size, MB, are held in memory; larger ones are read "
        "from disk as they are needed",
    )

    @model_validator(mode="after")
    def _snapshots_within_epochs(self) -> Self:
        late = [epoch for epoch in self.snapshots if not 1 <= epoch <= self.epochs]
        if late:
            raise ValueError(f"snapshots {late} are not among the epochs 1 to {self.epochs}")
        return self
