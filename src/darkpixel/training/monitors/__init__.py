"""What is measured after an epoch: one module a monitor, found by its name."""
