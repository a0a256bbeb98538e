"""Feeding the registry: import of the population office's extracts, and synthetic people for everybody else."""
