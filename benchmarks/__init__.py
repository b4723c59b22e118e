"""How fast podcompose is, beside its peers: `python -m benchmarks`; benchmarks/README.md says what and how."""
