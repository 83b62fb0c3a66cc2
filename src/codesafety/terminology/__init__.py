"""SNOMED CT, dm+d and ECL in pure Python. Has never heard of rules or patients."""
