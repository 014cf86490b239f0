"""Chapter 0: a beautiful picture is no evidence about what was measured."""
