"""What trains, samples or runs a model, or times it, in order to measure something.

Classifiers, the two-sample network, likelihoods, searches, speed and memory. They give rows, as
`metrics` does; display names, tables and the papers' published numbers are not known here.
"""
