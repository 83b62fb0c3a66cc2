"""FHIR (STU3 and R4), XML and JSON, to submissions and records, with every part accounted for."""
