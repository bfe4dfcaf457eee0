"""Measures: arrays, image files or rows in; numbers or rows out.

Observables, distances, tests and their uncertainties. No model is trained or run here (that is in
`studies`), and nothing is laid out or named for display (that is in `tables` and `figures`).
"""
