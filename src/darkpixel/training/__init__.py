"""One training loop for every model: feed, optimisation, checkpoints, monitors, the written folder."""
