"""Particles in liquid argon: a compact simulator (not Geant4) compiled with numba.

Transport by kind of particle (`electrons`, `photons`, `tracks`, `hadrons` on a `nucleus`), its
physics and tables, the box and the projections of an event, and the events file. The data sets made
of its events are called `lartpc` and `lartpc_vertex` (`darkpixel.datasets.lartpc`).
"""
