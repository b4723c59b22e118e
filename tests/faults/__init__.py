"""The fault server, and every row of the fault matrix that it can make happen."""
