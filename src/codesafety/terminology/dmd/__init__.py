"""dm+d release files to rows and products, with dm+d's own field names."""
