"""Stored and ad-hoc queries, their parameters and answers."""
