"""The compact form of a release: opens in milliseconds, memory-mapped."""
