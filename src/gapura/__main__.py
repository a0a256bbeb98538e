"""`python -m gapura` is the `gapura` command."""

from gapura.cli import main

if __name__ == "__main__":
    main()
