"""The shipped data sets, by the paper that they belong to."""

JETS, MUONS = "jets", "muons"
SARM = (JETS, MUONS)
LARTPC = ("lartpc", "lartpc_vertex")
"""Single particles, which are generated, and events of known labels, which train SSNet."""
