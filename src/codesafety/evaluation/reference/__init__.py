"""The interpreter: obvious and slow, also explanations. It never imports the program."""
