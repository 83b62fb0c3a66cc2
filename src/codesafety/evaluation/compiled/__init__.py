"""The program: rules written as Python, triggers, joins. It never imports the reference."""
