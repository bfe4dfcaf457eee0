"""Species of particles in liquid-argon images: PDG codes, names, and how many there were.

The root attributes `drawn_{pdg}` and `accepted_{pdg}` of a file of single particles are the numbers
of events of each species that were drawn and that passed the crop, of all splits together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SPECIES = {11: "e-", 22: "gamma", 13: "mu-", 211: "pi+", 2212: "p"}
"""PDG numbering scheme, in the order of the LArTPC paper and of the public data."""

DRAWN, ACCEPTED = "drawn_", "accepted_"


@dataclass
class SpeciesCounts:
    """How many events of each species, by PDG code, were drawn and how many passed the crop."""

    drawn: Counter[int] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> "SpeciesCounts":
        """The numbers in the attributes of a file; none where there are none."""
        counts = cls()
        for name, number in attributes.items():
            for prefix, by_code in ((DRAWN, counts.drawn), (ACCEPTED, counts.accepted)):
                if name.startswith(prefix):
                    by_code[int(name.removeprefix(prefix))] = int(number)
        return counts

    def attributes(self, codes: Iterable[int] | None = None) -> dict[str, int]:
        """Root attributes, of the species drawn (in the order of their codes) or of `codes`."""
        codes = sorted(self.drawn) if codes is None else list(codes)
        return {
            f"{prefix}{code}": int(by_code[code])
            for prefix, by_code in ((DRAWN, self.drawn), (ACCEPTED, self.accepted))
            for code in codes
        }
