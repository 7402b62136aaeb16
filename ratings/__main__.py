"""`python -m ratings`: the rating engine without Django."""

import os
import sys

# Threads of BLAS cost more than they give for matrices of some hundred models. Set before NumPy
# is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ratings.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
