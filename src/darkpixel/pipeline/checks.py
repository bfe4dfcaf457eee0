"""What is wrong with a run that only its whole configuration and the disk show, before any job."""

from pathlib import Path

from darkpixel.config.names import JOINT
from darkpixel.config.run import Run
from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.events import Events


def check_run(run: Run, events: Events) -> None:
    """Refuse a run that could not finish.

    Raises:
        DarkpixelError: a file of the user's is not there, a public file is not known, or a label
            has a name that the pipeline takes for itself.
    """
    for name, data in run.datasets.present().items():
        for source in events.downloads(name):
            events.source(source)
        if data.source == "file":
            for label, path in data.file.items():
                if not Path(path).is_file():
                    raise DarkpixelError(
                        f"datasets.{name}.file.{label}: no file {path}; correct the path"
                    )
        if JOINT in data.labels:
            raise DarkpixelError(
                f"datasets: the label '{JOINT}' is taken; give it another name under `file`"
            )
    if run.datasets.lartpc is not None and run.judges.ssnet.weights is not None:
        _check_ssnet(Path(run.judges.ssnet.weights))


def _check_ssnet(weights: Path) -> None:
    """The weights of a segmentation network: one file, or a model's folder."""
    folder = [weights / "model.safetensors", weights / "config.yaml"]
    for path in [weights] if weights.suffix == ".safetensors" else folder:
        if not path.is_file():
            raise DarkpixelError(
                f"judges.ssnet.weights: no file {path}; name an SSNet's folder or the .safetensors "
                "file of its weights"
            )
