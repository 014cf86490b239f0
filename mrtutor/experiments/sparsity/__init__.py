"""Chapter 3: compressed sensing."""
