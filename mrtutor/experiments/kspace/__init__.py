"""Chapter 1: from k-space to image; what skipping and stopping do."""
