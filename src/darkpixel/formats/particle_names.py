"""Species of particles as users name them: by name or PDG code."""

from darkpixel.errors import DarkpixelError
from darkpixel.formats.species import SPECIES


def pdg_code(species: str | int) -> int:
    """The PDG code of a species that is given by name, such as mu-, or by code.

    Raises:
        DarkpixelError: it is neither a name that is known nor a whole number.

    Example:
        >>> pdg_code("pi+"), pdg_code("-13"), pdg_code(22)
        (211, -13, 22)
    """
    codes = {name: code for code, name in SPECIES.items()}
    try:
        return codes[species] if species in codes else int(species)
    except ValueError as error:
        known = ", ".join(f"{name} ({code})" for name, code in codes.items())
        raise DarkpixelError(f"found '{species}'; give a PDG code, or one of {known}.") from error
