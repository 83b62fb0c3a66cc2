"""The look-back: what is already filed, scanned by the rules that messages meet. Needs the extra `batch`."""
