"""`python -m extract.cli` is `mahdar`."""

from extract.cli import main

main()
