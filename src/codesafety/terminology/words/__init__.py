"""Names, their normal form, words against codes, and the context that a code itself carries."""
