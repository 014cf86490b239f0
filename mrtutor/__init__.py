"""mrtutor: the helper package of a hands-on course in MR image reconstruction."""

from .process import calm

__version__ = "0.1.0"

calm()
