"""The language server: what editors ask while rules are written. It calls `language` and `authoring`, and nothing deeper."""
