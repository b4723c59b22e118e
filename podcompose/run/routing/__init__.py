"""Several backends as one: which pod goes where, where each launch is, and one subscription over all of them."""
