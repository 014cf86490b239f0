"""Chapter 2: many coils, SENSE and GRAPPA."""
