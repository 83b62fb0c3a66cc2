"""SNOMED CT release files to rows, with RF2's own field names."""
