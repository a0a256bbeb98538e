"""Gapura: identity and single sign-on for a government."""

__version__ = "0.1.0"
