"""Run the command line with ``python -m nuclarium``."""

from nuclarium.cli import main

if __name__ == "__main__":
    main()
