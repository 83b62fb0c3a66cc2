"""Stop wrong clinical codes before they enter a patient's record."""

__version__ = "0.1.0"
