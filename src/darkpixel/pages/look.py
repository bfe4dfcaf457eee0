"""Templates, styles and scripts of the HTML pages; all of them need no network."""

from base64 import b64encode
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined


def static_text(name: str) -> str:
    """A file of `pages/static/`: a style or a script."""
    return _text("static", name)


def render(template: str, **values: Any) -> str:
    """A page, from a file of `pages/templates/`; values are escaped, unless it calls them safe."""
    environment = Environment(
        loader=FunctionLoader(lambda name: _text("templates", name)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_text
    return environment.get_template(template).render(**values)


def data_url(png: bytes) -> str:
    """An image within a page."""
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


def _text(folder: str, name: str) -> str:
    return (resources.files("darkpixel.pages") / folder / name).read_text(encoding="utf-8")
