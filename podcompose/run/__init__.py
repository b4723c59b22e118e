"""Launch pods exactly once, and learn their outcome for sure."""
