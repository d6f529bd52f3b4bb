"""The version of the program: part of what a built graph is a function of."""

__version__ = "0.1.0"
