"""Questions in; answers, and why they hold, out."""
