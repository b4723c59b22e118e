"""`python -m podcompose` is the command `podcompose`."""

import sys

from podcompose.cli import main

sys.exit(main())
