"""Simulators of detector images: Pythia 8 for jets and muons, a compact transport in liquid argon.

Each writes files of events or images, one seed a file, whose bytes depend on settings and seed
alone. What makes training data of them (splits, crops, matched spectra) is in `datasets`.
"""
