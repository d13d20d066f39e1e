"""Results as a BIDS derivative dataset: what tools for groups of patients read."""

from glioscope.io.bids.write import write_bids

__all__ = ["write_bids"]
