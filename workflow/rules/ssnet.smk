"""Requires: the trained judge, images. Gives: labels of any images."""


rule label_images:
    """The judge's answer to the images of one file: track, shower, and its scores."""
    input:
        unpack(judge_files),
        images=labelled_images,
    output:
        labels=f"{RESULTS}/judges/ssnet/labels/{{dataset}}/{{label}}/{{source}}.h5",
    log:
        f"{RESULTS}/logs/judges/ssnet/labels/{{dataset}}/{{label}}/{{source}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judges/ssnet/labels/{{dataset}}/{{label}}/{{source}}.tsv"
    wildcard_constraints:
        source=r"test|\w+/seed\d+(-epoch\d+)?",
    conda:
        "../../envs/models.yaml"
    threads: run.jobs.sampling_threads
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=run.jobs.gpus,
    params:
        threshold=run.evaluation.lartpc.threshold,
        bins=run.evaluation.lartpc.score_bins,
        device=run.sampling.device,
        code=code_digest("models.ssnet.labelling", f"models.{run.judges.ssnet.model}.model"),
    script:
        "../scripts/label_images.py"
