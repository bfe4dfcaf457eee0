"""Requires: common.smk. Gives: which figures and tables of the SARM paper a run has, and of what.

Data sets of one file each (docs/extending.md) have the same under `own/`.
"""

LAGAN, BEST = "lagan", "sarm2_dd"  # SARM section 8.4.1 compares the two on muons


def of_this_run(entries, own=None):
    """Those whose data set is in the run; named models are shown only where the first is there.

    Entries: stem of the file to (data set, models or None for all). `own` names the file of each
    data set of one's own.
    """
    if own is not None:
        entries = entries | {f"own/{name}_{own}": (name, None) for name in OWN}
    return {
        stem: (dataset, models and [model for model in models if model in DATASETS[dataset].models])
        for stem, (dataset, models) in entries.items()
        if dataset in DATASETS
        and DATASETS[dataset].models
        and (models is None or models[0] in DATASETS[dataset].models)
    }


EXAMPLES = of_this_run(
    {
        "sarm/fig06_jet_examples": ("jets", None),
        "sarm/fig11_muon_examples": ("muons", None),
        "sarm/fig18_lagan_muon_examples": ("muons", [LAGAN]),
    },
    own="examples",
)
MORE_EXAMPLES = of_this_run(
    {
        "sarm/fig23_more_jet_examples": ("jets", None),
        "sarm/fig24_more_muon_examples": ("muons", None),
    }
)
MEAN_IMAGES = of_this_run(
    {
        "sarm/fig07_jet_mean_images": ("jets", None),
        "sarm/fig12_muon_mean_images": ("muons", None),
        "sarm/fig19_lagan_muon_mean": ("muons", [LAGAN]),
    },
    own="mean_images",
)
MEAN_DIFFERENCES = of_this_run(
    {
        "sarm/fig16_jet_mean_difference": ("jets", None),
        "sarm/fig21_muon_mean_difference": ("muons", None),
    },
    own="mean_difference",
)
PIXEL_VALUES = of_this_run(
    {
        "sarm/fig17_jet_pixel_values": ("jets", None),
        "sarm/fig22_muon_pixel_values": ("muons", None),
    },
    own="pixel_values",
)
OBSERVABLES = of_this_run(
    {
        "sarm/fig08_jet_observables": ("jets", None),
        "sarm/fig13_muon_observables": ("muons", None),
        "sarm/fig20_lagan_muon_observables": ("muons", [LAGAN, BEST]),
    },
    own="observables",
)
WASSERSTEIN = of_this_run(
    {
        "sarm/table1_jet_wasserstein": ("jets", None),
        "sarm/table3_muon_wasserstein": ("muons", None),
        "sarm/table5_lagan_muon_wasserstein": ("muons", [LAGAN, BEST]),
    },
    own="wasserstein",
)
SHAPES = of_this_run(
    {"sarm/jet_shape_wasserstein": ("jets", None), "sarm/muon_shape_wasserstein": ("muons", None)},
    own="shape_wasserstein",
)
STATISTICS = of_this_run(
    {"sarm/jet_image_statistics": ("jets", None), "sarm/muon_image_statistics": ("muons", None)},
    own="image_statistics",
)
QUANTISATION = of_this_run(
    {"sarm/quantisation": ("jets", None), "sarm/muon_quantisation": ("muons", None)}
)
PARAMETERS = of_this_run({"sarm/table6_parameters": ("jets", None)})
DIVERSITY = {"sarm/diversity": [(name, None) for name in [*SARM_DATA, *OWN]]}


def order_models():
    """Models of the study of generation orders (SARM 6.1.4), which differ in nothing else."""
    return list(DATASETS["jets"].orders.values()) if "jets" in DATASETS else []


def one_of(entries):
    """A wildcard's constraint: the stems, or what no file is called."""
    return "|".join(entries) or "none"


def entry(entries, position):
    """Params: data set (0) or models (1) of the figure or table at hand."""
    return lambda wildcards: entries[wildcards.stem][position]


def sarm_files(kind, *groups):
    suffixes = ("pdf", "png") if kind == FIGURES else ("csv", "md")
    stems = [stem for group in groups for stem in group]
    return [f"{kind}/{stem}.{suffix}" for stem in stems for suffix in suffixes]


def shown_files(entries):
    """Input: the image files of a figure."""
    return lambda wildcards: [
        path for files in compared_files(*entries[wildcards.stem]).values() for path in flat(files)
    ]


def shown_samples(entries):
    """Params: the same, by label and model."""
    return lambda wildcards: compared_files(*entries[wildcards.stem])


def parameter_configs(wildcards):
    dataset = PARAMETERS[wildcards.stem][0]
    first = DATASETS[dataset].labels[0]
    return [
        f"{trained(dataset, training_label(first, model), model, run.seeds[0])}/config.yaml"
        for model in DATASETS[dataset].models
    ]


def convergence_file(dataset):
    """Which trainings on a data set had levelled off."""
    return f"{RESULTS}/metrics/{dataset}_convergence.parquet"


def training_facts(dataset, histories):
    """Params: whose weights the trainings of these histories keep, and on whose codes they are."""
    entries = {
        label: {model: run.model(model, dataset, label) for model in models}
        for label, models in histories.items()
    }
    return {
        "kept": {
            label: {model: entry.training.keep for model, entry in own.items()}
            for label, own in entries.items()
        },
        "autoencoders": {
            label: {model: entry.autoencoder for model, entry in own.items()}
            for label, own in entries.items()
        },
    }
