"""Base of every configuration model: unknown keys are errors, values do not change."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A block of configuration keys.

    Types, bounds, defaults and descriptions live on the fields and nowhere else: the JSON
    schema and the key table of `config/README.md` are generated from them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
