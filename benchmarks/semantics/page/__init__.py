"""The page of the results: one file, which asks nobody for anything."""
