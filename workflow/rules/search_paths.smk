"""Requires: common.smk. Gives: what the studies of architectures need."""

STUDIES = run.studies


def study_entry(wildcards):
    """The model that a study varies, as it is on the study's data set and label."""
    study = STUDIES[wildcards.study]
    return run.model(study.model, study.dataset, study.label)


def study_images(split):
    """Input: the images of a study."""

    def path(wildcards):
        study = STUDIES[wildcards.study]
        return f"{RESULTS}/data/{study.dataset}/{study.label}/{split}.h5"

    return path


def width_entry():
    return run.model(run.widths.model, "jets", DATASETS["jets"].labels[0])


def with_model(entry):
    return {"model": entry.model, **entry.settings}
