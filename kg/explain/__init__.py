"""Explanations: why a triple holds or does not, why an answer is empty, what a row depends on."""
