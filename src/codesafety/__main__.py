"""`python -m codesafety` is the command line."""

from codesafety.cli import main

main()
