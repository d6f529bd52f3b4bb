"""Mentions of films, people and companies walk in; which of them are one thing, and why, walks out."""
