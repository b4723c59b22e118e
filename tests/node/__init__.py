"""A real Kubernetes node, without a container engine: how it is started, what its pods do, and what our backends make of them."""
