"""Where pods run: on this machine, in memory, on Kubernetes."""
