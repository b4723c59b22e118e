"""A real control plane: kube-apiserver and etcd, their friends, and what goes wrong between them and us."""
