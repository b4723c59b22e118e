"""The merges against Kubernetes' own: generated pods, live, and a recorded corpus where Go or kubectl is missing."""
