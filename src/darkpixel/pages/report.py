"""The report of a run: a folder of pages that opens from disk, without a network."""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from darkpixel.config.names import JETS, LARTPC, LARTPC_VERTEX, MONTE_CARLO, MUONS
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import folder_beside
from darkpixel.pages.display import SCRIPTS, STYLES, DataSet, Source, catalogue, display_page
from darkpixel.pages.events import Part, read_part, write_events
from darkpixel.pages.look import render, static_text
from darkpixel.pages.markdown import split_title, table_html
from darkpixel.pages.run_facts import RunFacts
from darkpixel.pages.scores import ScoreTable, key, score_tables
from darkpixel.pages.tables import read_rows
from darkpixel.pipeline.report_contents import Shown
from darkpixel.tables.names import by_origin, display_name, simulated_name

SECTIONS = {
    "sarm": "SARM",
    "lartpc": "LArTPC",
    "own": "Own data sets",
    "data": "Data",
    "training": "Training",
}
"""Pages by the folder of their figures and tables."""

SCORED = ("tabulate_wasserstein", "tabulate_shapes", "tabulate_lartpc_observables",
          "tabulate_lartpc_shapes", "tabulate_likelihood")  # fmt: skip
"""Rules of whose tables the first look is made, beside that of the two-sample tests."""

_TITLES = {
    "sarm": "Sparse images of jets and muons (SARM paper, and beyond)",
    "lartpc": "Liquid argon (LArTPC paper, and beyond)",
    "own": "Own data sets",
    "data": "The data sets: what the models are trained on",
    "training": "Training: losses by epoch",
}
_OWN_SECTION = "Own images"
_OWN_TITLES = {
    "sarm": "Own images: what was generated, and how it compares with the reference",
    "lartpc": "Liquid argon: own images",
}
"""Of pages on a user's own files."""
_DATASETS = {
    JETS: "jets", MUONS: "muons", LARTPC: "LArTPC", LARTPC_VERTEX: "LArTPC, several particles",
}  # fmt: skip
_SPELT = {"roc": "ROC", "lagan": "LAGAN", "ssnet": "SSNet", "2d": "in two dimensions"}
_EVENTS = "events.html"
_OVERVIEW = "index.html"

Files = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
"""Data set, label, who made the images: their file and, where there is one, the label file."""


class Exhibit(NamedTuple):
    """A figure or table on a page."""

    anchor: str
    title: str
    caption: str
    table: str
    """HTML of a table; empty for a figure."""
    file: str
    """Of the page's folder: the .pdf of a figure, the .csv of a table."""
    picture: str
    """Of the page's folder; empty for a table."""


def write_report_folder(
    index: str | Path,
    results: str | Path,
    *,
    pages: Sequence[Shown],
    events: Files,
    most: int,
    threshold: float,
    facts: RunFacts,
) -> None:
    """Write the folder, whole: in place of an older one, or not at all.

    Args:
        index: its page to open first, `{folder}/index.html`.
        results: `results/{run}`.
        pages: the figures and tables.
        events: image files for the event display.
        most: events of a source at most.
        threshold: as of `darkpixel.pages.events.read_part`.
        facts: of the run.

    Raises:
        DarkpixelError: a file of the run cannot be read, or the folder not be written.
    """
    folder, results = Path(index).parent, Path(results)
    try:
        with folder_beside(folder) as place:
            made = place / folder.name
            made.mkdir()
            _write(made, results, pages, events, most, threshold, facts)
            shutil.rmtree(folder, ignore_errors=True)
            made.replace(folder)
    except OSError as error:
        raise DarkpixelError(f"{folder}: cannot be written ({error}).") from error


def _write(
    folder: Path,
    results: Path,
    pages: Sequence[Shown],
    events: Files,
    most: int,
    threshold: float,
    facts: RunFacts,
) -> None:
    sections = _exhibits(folder, results, pages)
    own = {name: all(page["own"] for page in _of_section(pages, name)) for name in sections}
    titles = {
        name: (_OWN_TITLES if own[name] else {}).get(name, _TITLES[name]) for name in sections
    }
    navigation = [("Overview", _OVERVIEW)]
    navigation += [
        (_OWN_SECTION if own[name] and name == "sarm" else SECTIONS[name], f"{name}.html")
        for name in sections
    ]
    navigation.append(("Event display", _EVENTS))
    for name in (*STYLES, *SCRIPTS):
        path = folder / "look" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(static_text(name), encoding="utf-8")
    scores = score_tables(_scored(results, pages))
    real = _real(events)
    late = _late(scores)
    datasets = [_dataset(folder, name, of, most, threshold, late) for name, of in events.items()]
    title = f"Run {facts.run}"

    def write(name: str, text: str) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    shown = {"navigation": navigation, "styles": STYLES, "run": facts.run}
    for name, exhibits in sections.items():
        here = f"{name}.html"
        text = render("section.html", title=titles[name], exhibits=exhibits, here=here, **shown)
        write(here, text)
    write(
        _EVENTS,
        display_page(catalogue(datasets, title), f"{title}: event display", None, navigation),
    )
    text = render(
        "overview.html",
        title=title,
        facts=facts,
        summary=facts.summary(),
        scores=[(_title_of(table.dataset), table) for table in scores],
        any_late=any(late.values()),
        key=key(real.noun),
        real=real,
        sections=[(titles[name], f"{name}.html", found) for name, found in sections.items()],
        events=most,
        here=_OVERVIEW,
        **shown,
    )
    write(_OVERVIEW, text)


class Real(NamedTuple):
    """What the first look calls the images that generated ones are compared with."""

    noun: str
    kind: str


def _real(datasets: Iterable[str]) -> Real:
    return by_origin(
        datasets,
        simulated=Real("the simulation", "simulated"),
        own=Real("the reference", "reference"),
        both=Real("the simulation or the reference", "simulated or reference"),
    )


def _of_section(pages: Iterable[Shown], name: str) -> list[Shown]:
    return [page for page in pages if page["stem"].partition("/")[0] == name]


def _exhibits(folder: Path, results: Path, pages: Iterable[Shown]) -> dict[str, list[Exhibit]]:
    """The figures, then the tables of each page, and their files in the folder."""
    found: dict[str, list[Exhibit]] = {}
    order = sorted(pages, key=lambda page: (page["kind"], *_rank(page["stem"])))
    for page in order:
        kind, stem = page["kind"], page["stem"]
        suffixes = ("pdf", "png") if kind == "figures" else ("csv",)
        for suffix in suffixes:
            target = folder / kind / f"{stem}.{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(results / kind / f"{stem}.{suffix}", target)
        title, table = _heading(stem, own=page["own"]), ""
        if kind == "tables":
            text = (results / kind / f"{stem}.md").read_text(encoding="utf-8")
            said, rest = split_title(text)
            title, table = _heading(stem, said, own=page["own"]), table_html(rest)
        section = stem.partition("/")[0]
        found.setdefault(section, []).append(
            Exhibit(
                anchor=f"{kind}-{Path(stem).name}",
                title=title,
                caption=page["caption"],
                table=table,
                file=f"{kind}/{stem}.{suffixes[0]}",
                picture=f"{kind}/{stem}.png" if kind == "figures" else "",
            )
        )
    return {name: found[name] for name in SECTIONS if name in found}


def _rank(stem: str) -> tuple[float, str]:
    """The papers' figures and tables by number, then all others by name."""
    number = re.search(r"/(?:fig|table)(\d+)_", stem)
    return (float(number[1]) if number else float("inf"), stem)


def _heading(stem: str, title: str = "", *, own: bool = False) -> str:
    """The heading of a figure or table: its number in the paper, its title or name.

    Of a user's own files it is neither numbered nor called after the paper's images.

    Example:
        >>> _heading("sarm/fig09_jet_roc"), _heading("data/lartpc_vertex_statistics")
        ('Figure 9: jet ROC', 'LArTPC, several particles')
        >>> _heading("sarm/muon_image_statistics", "Image statistics")
        'Image statistics (muons)'
        >>> _heading("sarm/fig23_more_jet_examples", own=True)
        'More examples (jets)'
    """
    section, _, name = stem.partition("/")
    if section in ("data", "training"):
        return _title_of(re.sub("_(statistics|curves)$", "", name))
    number = re.match(r"(fig|table)(\d+)_", name)
    if title:
        words = re.sub(r"^Table \d+: ", "", title)
        if number is None and (of := re.match("(jet|muon)_", name)):
            words += f" ({of[1]}s)"
    else:
        bare = name[number.end() if number else 0 :].split("_")
        of_dataset = [f"({word}s)" for word in bare if word in ("jet", "muon")] if own else []
        bare = [word for word in bare if f"({word}s)" not in of_dataset] + of_dataset
        words = " ".join(_SPELT.get(word, word) for word in bare)
    if number is None or own:
        return words[0].upper() + words[1:]
    return f"{'Figure' if number[1] == 'fig' else 'Table'} {int(number[2])}: {words}"


def _scored(results: Path, pages: Iterable[Shown]) -> list[pd.DataFrame]:
    return [
        read_rows(results / "tables" / f"{page['stem']}.csv")
        for page in pages
        if page["rule"] in SCORED or page["stem"].endswith("/two_sample_auc")
    ]


def _late(scores: Iterable[ScoreTable]) -> dict[tuple[str, str], bool]:
    """(Data set, name of the model) to whether a training of it had not converged."""
    return {(table.dataset, line.name): line.converged is False
            for table in scores for line in table.lines}  # fmt: skip


def _title_of(dataset: str) -> str:
    return _DATASETS.get(dataset, dataset.replace("_", " "))


def _dataset(
    folder: Path,
    dataset: str,
    files: Mapping[str, Mapping[str, Sequence[str]]],
    most: int,
    threshold: float,
    late: Mapping[tuple[str, str], bool],
) -> DataSet:
    """Write the events of a data set, a script for each who made images."""
    sources = dict.fromkeys(source for of_label in files.values() for source in of_label)
    simulated: tuple[Source, list[Part]] | None = None
    models = []
    for source in sources:
        parts = [
            read_part(
                of_label[source][0], most, label=label, threshold=threshold,
                labels=of_label[source][1] if len(of_label[source]) > 1 else None,
            )
            for label, of_label in files.items()
            if source in of_label
        ]  # fmt: skip
        name = display_name(source, dataset)
        remark = "not converged" if late.get((dataset, name)) else ""
        key = f"{dataset}/{source}"
        script = f"events/{dataset}.{source}.js"
        write_events(folder / script, key, parts)
        if source == MONTE_CARLO:
            simulated = Source(key, simulated_name(dataset), script), parts  # as the quiz asks
        else:
            models.append(Source(key, name, script, remark))
    assert simulated is not None
    return DataSet(dataset, _title_of(dataset), simulated[1], simulated[0], models)
