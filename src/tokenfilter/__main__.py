"""`python -m tokenfilter`."""

from tokenfilter.cli import main

main()
