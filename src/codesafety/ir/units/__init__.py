"""Units of measure: what a unit's text says (`ucum`), what rules compare (`families`), what they compute (`dimension`), remedies."""
