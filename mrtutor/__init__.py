"""mrtutor: the helper package of a hands-on course in MR image reconstruction."""

__version__ = "0.1.0"
