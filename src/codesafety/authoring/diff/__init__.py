"""Two versions of rules beside each other, by what they mean: what is equal, what differs and for whom, and what became silent."""
