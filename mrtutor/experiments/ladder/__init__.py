"""The ladder: every method on the same slices, its tables, curves and claims."""
