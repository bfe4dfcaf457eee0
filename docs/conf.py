"""The documentation site: `make docs` writes it to results/site.

The source folder is the repository, so that every page is one file at its place, which can be read
there, too: the pages of `docs/`, `config/README.md`, and those of whoever contributes.
"""

import logging
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs/extensions"))

logging.getLogger("numexpr").setLevel("WARNING")  # which announces its threads

project = "darkpixel"
author = "The darkpixel authors"
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "config/README.md",
    "results/README.md",
    "weights/*/README.md",
    "*.md",
]
exclude_patterns = [
    "README.md",  # the first page of the repository; that of the site is docs/index.md
    "docs/results/templates",
    "docs/reference/library/modules.rst",  # a second table of contents
    "results/[!R]*",
    *(entry.name for entry in ROOT.iterdir() if entry.is_dir() and entry.name.startswith(".")),
    *("bench", "build", "dist", "envs", "profiles", "slurm", "src", "tests", "workflow"),
]  # fmt: skip

extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinxarg.ext",  # the reference of the command line
    "docstrings",
    "drawings",
    "links",
    "notebook",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext", ".ipynb": "notebook"}
default_role = "code"
highlight_language = "none"  # of blocks that name none
myst_heading_anchors = 4  # as GitHub makes them
myst_links_external_new_tab = False

apidoc_modules = [
    {
        "path": "../src/darkpixel",
        "destination": "docs/reference/library",
        "separate_modules": False,
        "module_first": True,
        "automodule_options": {"members", "show-inheritance"},
    }
]
apidoc_exclude_patterns = ["**/__main__.py", "**/cli/**"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
autodoc_inherit_docstrings = False
napoleon_numpy_docstring = False
napoleon_use_rtype = False  # shapes are no names
napoleon_custom_sections = [("Attributes", "params_style")]  # no references to names alike
python_use_unqualified_type_names = True
python_display_short_literal_types = True
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = "darkpixel"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # which a browser does not fetch from disk
html_static_path: list[str] = ["static"]
html_css_files = ["site.css"]


def setup(app: Sphinx) -> None:
    """A first page where one looks for it; the pages lie as in the repository."""

    def first_page(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.format == "html":
            (Path(app.outdir) / "index.html").write_text(
                '<!doctype html><meta http-equiv="refresh" content="0; url=docs/index.html">'
                '<title>darkpixel</title><a href="docs/index.html">darkpixel</a>\n'
            )

    app.connect("build-finished", first_page)
