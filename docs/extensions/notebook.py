"""Notebooks as pages: their cells as Markdown, with the outputs that they hold."""

import json
from typing import Any

from docutils.nodes import document
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx


def as_markdown(notebook: dict[str, Any]) -> str:
    """Text cells as they are, code cells as blocks, and what each printed."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts += [
            f"```text\n{''.join(output['text']).rstrip()}\n```"
            for output in cell["outputs"]
            if output["output_type"] == "stream"
        ]
    return "\n\n".join(parts) + "\n"


class NotebookParser(MystParser):
    """Of `.ipynb`."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: document) -> None:
        super().parse(as_markdown(json.loads(inputstring)), document)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True}
