"""One training loop for every model: feed, optimisation, checkpoints, monitors, written folder."""
