"""Jets: Pythia 8 collisions, trimmed leading jets found with FastJet, and their images.

`simulation` writes the events file, which keeps the jets' cells; `images` draws them when the data
are prepared, so that another imaging needs no new simulation.
"""
