"""`python -m kg`: the command line."""

import sys
from pathlib import Path

if not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
    # Python puts the current folder first in its path; nothing in it is code of this program.
    del sys.path[0]

from kg.cli import main

sys.exit(main())
