"""Fixes for findings in fact files."""
