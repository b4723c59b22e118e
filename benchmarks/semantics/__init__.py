"""The merge-semantics benchmark: cases times systems, every cell really run."""
