"""Muons: Pythia 8 collisions, pile-up from a pool, and a parametrised calorimeter.

`simulation` writes images around the muons; the pool of soft collisions is simulated once. Matching
the spectrum of the signal's muons to the background's is in `datasets.muon_matching`.
"""
