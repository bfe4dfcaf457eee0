"""What each rule asks of the machine or the cluster, in one table."""

from typing import Literal, NamedTuple, Protocol

from darkpixel.config.run import Run

Environment = Literal["simulation", "models", "search", "speed", "analysis", "pages", "report"]
Threads = Literal["one", "training", "sampling", "speed"]


class Needs(NamedTuple):
    """What one job of a rule needs."""

    environment: Environment
    """File of `envs/`, for `snakemake --sdm conda`."""
    memory: int
    """MB."""
    minutes: int
    """A cluster ends the job after them."""
    threads: Threads = "one"
    """One, or what the configuration gives such jobs."""
    gpu: bool = False
    """Whether it uses a GPU where there is one (key `jobs.gpus`)."""
    memory_by_core: bool = False
    """Whether the memory is that of a core: each works on images of its own."""


RULES: dict[str, Needs] = {
    # Events and images.
    "simulate_jets": Needs("simulation", 1500, 120),
    "simulate_pileup": Needs("simulation", 1500, 60),
    "simulate_muons": Needs("simulation", 1500, 240),
    "simulate_argon": Needs("simulation", 1500, 120),
    "download_data": Needs("simulation", 1000, 600),
    "prepare_jets": Needs("simulation", 2000, 120),
    "prepare_muons": Needs("simulation", 2000, 60),
    "prepare_lartpc": Needs("simulation", 2000, 240),
    "prepare_custom": Needs("simulation", 2000, 240),
    "join_labels": Needs("simulation", 1000, 120),
    # Models.
    "train_model": Needs("models", 4000, 1440, "training", gpu=True),
    "encode_codes": Needs("models", 2000, 120, "sampling"),
    "sample_model": Needs("models", 4000, 600, "sampling", gpu=True, memory_by_core=True),
    "sample_whole": Needs("models", 4000, 600, "sampling", gpu=True, memory_by_core=True),
    "merge_samples": Needs("analysis", 1000, 60),
    "quantise_test": Needs("models", 2000, 60),
    "reconstruct_test": Needs("models", 2000, 60, "sampling"),
    # The segmentation network of liquid argon.
    "train_ssnet": Needs("models", 6000, 1440, "training", gpu=True),
    "import_ssnet": Needs("models", 2000, 30),
    "label_images": Needs("models", 4000, 240, "sampling", gpu=True),
    # Measures.
    "measure_samples": Needs("analysis", 2000, 60),
    "measure_orders": Needs("analysis", 2000, 60),
    "measure_diversity": Needs("analysis", 2000, 60),
    "measure_convergence": Needs("analysis", 500, 30),
    "measure_order_convergence": Needs("analysis", 500, 30),
    "measure_lartpc": Needs("analysis", 4000, 120),
    "measure_lartpc_shapes": Needs("analysis", 2000, 60),
    "measure_momentum_response": Needs("analysis", 1000, 30),
    "measure_codes": Needs("models", 4000, 240, "training", gpu=True),
    "measure_reconstruction": Needs("analysis", 2000, 60),
    "measure_ssnet": Needs("analysis", 2000, 60),
    "measure_distances": Needs("analysis", 4000, 240),
    "measure_two_sample": Needs("models", 4000, 480, "training", gpu=True),
    "train_classifier": Needs("models", 4000, 720, "training", gpu=True),
    "measure_classifiers": Needs("analysis", 1000, 60),
    "measure_likelihood": Needs("models", 4000, 240, "sampling", gpu=True),
    "measure_speed": Needs("speed", 4000, 240, "speed", gpu=True, memory_by_core=True),
    "measure_widths": Needs("models", 4000, 60, "sampling", gpu=True),
    "search_hyperparameters": Needs("search", 4000, 1440, "training", gpu=True),
    # Tables.
    "tabulate_wasserstein": Needs("analysis", 500, 30),
    "tabulate_shapes": Needs("analysis", 500, 30),
    "tabulate_statistics": Needs("analysis", 500, 30),
    "tabulate_diversity": Needs("analysis", 500, 30),
    "tabulate_quantisation": Needs("models", 2000, 30),
    "tabulate_parameters": Needs("analysis", 500, 30),
    "tabulate_classifiers": Needs("analysis", 500, 30),
    "tabulate_distances": Needs("analysis", 500, 30),
    "tabulate_speed": Needs("analysis", 500, 30),
    "tabulate_likelihood": Needs("analysis", 500, 30),
    "tabulate_matrix": Needs("analysis", 500, 30),
    "tabulate_search": Needs("analysis", 500, 30),
    "tabulate_vqvae": Needs("analysis", 500, 30),
    "tabulate_pixelcnn": Needs("analysis", 500, 30),
    "tabulate_divergences": Needs("analysis", 500, 30),
    "tabulate_lartpc_observables": Needs("analysis", 500, 30),
    "tabulate_lartpc_shapes": Needs("analysis", 500, 30),
    "tabulate_momentum_response": Needs("analysis", 500, 30),
    "tabulate_reconstruction": Needs("analysis", 500, 30),
    "tabulate_codebooks": Needs("analysis", 500, 30),
    "tabulate_codebook_ablation": Needs("analysis", 500, 30),
    "tabulate_reference_code": Needs("analysis", 500, 30),
    "tabulate_ssnet_accuracy": Needs("analysis", 500, 30),
    "tabulate_species_mix": Needs("analysis", 500, 30),
    # Figures.
    "draw_data_statistics": Needs("analysis", 1000, 30),
    "draw_training_curves": Needs("analysis", 1000, 30),
    "draw_examples": Needs("analysis", 2000, 30),
    "draw_more_examples": Needs("analysis", 2000, 30),
    "draw_mean_images": Needs("analysis", 2000, 30),
    "draw_mean_differences": Needs("analysis", 2000, 30),
    "draw_pixel_values": Needs("analysis", 2000, 30),
    "draw_observables": Needs("analysis", 1000, 30),
    "draw_typical_images": Needs("analysis", 1000, 30),
    "draw_toy": Needs("models", 1000, 30),
    "draw_pixel_values_by_region": Needs("analysis", 1000, 30),
    "draw_roc": Needs("analysis", 1000, 30),
    "draw_widths": Needs("analysis", 1000, 30),
    "draw_generation_order": Needs("analysis", 1000, 30),
    "draw_generated_and_training": Needs("analysis", 2000, 30),
    "draw_ssnet_pixel_counts": Needs("analysis", 2000, 30),
    "draw_code_map": Needs("analysis", 2000, 30),
    "draw_ssnet_by_epoch": Needs("analysis", 2000, 30),
    "draw_labeled_generated": Needs("analysis", 2000, 30),
    "draw_mixed_examples": Needs("analysis", 1000, 30),
    "draw_labeled_test": Needs("analysis", 2000, 30),
    "draw_lartpc_observables": Needs("analysis", 2000, 30),
    "draw_observables_by_species": Needs("analysis", 2000, 30),
    "draw_lartpc_shapes": Needs("analysis", 1000, 30),
    "draw_shapes_by_species": Needs("analysis", 1000, 30),
    "draw_momentum_response": Needs("analysis", 1000, 30),
    "draw_reconstruction": Needs("analysis", 2000, 30),
    "draw_ssnet_confusion": Needs("analysis", 2000, 30),
    "draw_ssnet_training": Needs("analysis", 2000, 30),
    "draw_reference_code": Needs("analysis", 2000, 30),
    "write_report": Needs("pages", 2000, 30),
    "write_snakemake_report": Needs("report", 1000, 30),
    # For others.
    "pack_models": Needs("models", 2000, 60),
    "pack_run": Needs("report", 1000, 60),
}


class ByAttempt(Protocol):
    """A resource as Snakemake asks for it: another number when the job is tried again."""

    def __call__(self, wildcards: object, attempt: int) -> int: ...


class Resources:
    """The table with the numbers of a run's configuration filled in."""

    def __init__(self, run: Run) -> None:
        self._jobs = run.jobs
        self._threads: dict[Threads, int] = {
            "one": 1,
            "training": run.jobs.training_threads,
            "sampling": run.jobs.sampling_threads,
            "speed": run.speed.threads,
        }

    def conda(self, rule: str) -> str:
        """The rule's conda file, as a file in `workflow/rules/` names it."""
        return f"../../envs/{RULES[rule].environment}.yaml"

    def threads(self, rule: str) -> int:
        """CPU threads of a job."""
        return self._threads[RULES[rule].threads]

    def of(self, rule: str) -> dict[str, int | str | ByAttempt]:
        """Memory (MB), time limit (minutes) and, where it uses them, GPUs and threads of a job.

        A job that failed is given as much memory again at each further attempt: a cluster may have
        killed it for that. It is not given more time: trainings go on from their checkpoints.

        Weights depend in their last bits on the number of threads. Snakemake lowers `threads` to
        the cores that it is given; trainings take as many threads as the configuration says
        (`cpus_per_task`) on any number of cores.
        """
        needs = RULES[rule]
        memory = needs.memory * (self.threads(rule) if needs.memory_by_core else 1)

        def grown(wildcards: object, attempt: int) -> int:
            return memory * attempt

        found: dict[str, int | str | ByAttempt] = {"mem_mb": grown, "runtime": needs.minutes}
        if needs.threads == "training":
            found["cpus_per_task"] = self.threads(rule)
        if needs.gpu:
            gpus = (
                {"gpu": self._jobs.gpus} if self._jobs.gres is None else {"gres": self._jobs.gres}
            )
            found.update(gpus)
        return found
