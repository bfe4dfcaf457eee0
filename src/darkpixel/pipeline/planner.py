"""What Snakemake would run: its own planner, in this process, and no job is started."""

import copy
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import scratch_folder
from darkpixel.formats.hdf5 import one_line
from darkpixel.pipeline.checks import check_cache

TARGETS = ("all",)


class Job(NamedTuple):
    """A job of a plan."""

    rule: str
    wildcards: dict[str, str]
    benchmark: str
    """File with its time and memory, once it has run; empty where there is none."""
    outputs: tuple[str, ...]
    needs: tuple[int, ...]
    """Places, in the list of jobs, of those that it waits for."""
    threads: int
    memory: float
    """MB that it asks for."""


@contextmanager
def planned_workflow(
    folder: Path,
    files: Sequence[Path] = (),
    config: Mapping[str, Any] | None = None,
    *,
    targets: Iterable[str] = TARGETS,
    everything: bool = True,
) -> Iterator[Any]:
    """Snakemake's object of a workflow, its graph of jobs built.

    Args:
        folder: of the checkout.
        files: overlays, the weakest first.
        config: keys that take precedence over those of all files.
        everything: plan every job, whether or not there is something to do.

    Raises:
        ModuleNotFoundError: Snakemake is not installed.
    """
    # Only here: the library works without Snakemake.
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        OutputSettings,
        Quietness,
        ResourceSettings,
        WorkflowSettings,
    )

    with (
        # Snakemake would leave its copies of rule files to the garbage collector.
        scratch_folder() as copies,
        SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api,
    ):
        workflow = api.workflow(
            workflow_settings=WorkflowSettings(runtime_source_cache_path=copies),
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(
                config=copy.deepcopy(dict(config or {})),
                configfiles=[path.resolve() for path in files],
            ),
            snakefile=folder / "Snakefile",
            workdir=folder,
        )
        workflow.dag(DAGSettings(targets=set(targets), forceall=everything))
        inner = workflow._workflow
        inner._prepare_dag(forceall=everything, ignore_incomplete=True, lock_warn_only=True)
        inner._build_dag()
        yield inner


def planned_jobs(
    folder: Path,
    files: Sequence[Path] = (),
    config: Mapping[str, Any] | None = None,
    *,
    targets: Iterable[str] = TARGETS,
    everything: bool = True,
) -> list[Job]:
    """The jobs of a run that make something, in no order; arguments as of `planned_workflow`.

    Raises:
        DarkpixelError: Snakemake is not installed, refuses the configuration, or has no folder for
            its cache.
    """
    check_cache()  # without one Snakemake ends in a traceback, before it reads the Snakefile
    told = io.StringIO()
    try:
        with (
            redirect_stderr(told),  # what is wrong becomes one line, below
            planned_workflow(
                folder, files, config, targets=targets, everything=everything
            ) as workflow,
        ):
            dag = workflow.dag
            jobs = [job for job in (dag.jobs if everything else dag.needrun_jobs()) if job.output]
            places = {job: place for place, job in enumerate(jobs)}
            return [
                Job(
                    job.rule.name,
                    dict(job.wildcards_dict),
                    str(job.benchmark or ""),
                    tuple(map(str, job.output)),
                    tuple(
                        places[other] for other in dag.dependencies[job] if other in places
                    ),
                    int(job.threads),
                    float(job.resources.get("mem_mb", 0)),
                )
                for job in jobs
            ]  # fmt: skip
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "snakemake":
            raise
        raise DarkpixelError(
            "Snakemake is not installed, which plans a run; pip install '.[workflow]'."
        ) from error
    except SystemExit as error:  # of the Snakefile, with a line of ours
        raise DarkpixelError(str(error.code).removeprefix("darkpixel: ")) from error
    except DarkpixelError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "snakemake":
            raise
        raise DarkpixelError(f"Snakemake cannot plan this run: {one_line(error)}") from error
