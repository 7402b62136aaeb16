"""`python -m ratings`: the rating engine without Django."""

import sys

from ratings.cli import main

if __name__ == "__main__":
    sys.exit(main())
