"""`python -m mrtutor` is the command `mrtutor`."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
