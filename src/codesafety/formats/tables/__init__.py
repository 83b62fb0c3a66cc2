"""Tables on disk to one submission a patient."""
