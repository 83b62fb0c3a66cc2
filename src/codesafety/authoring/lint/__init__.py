"""What a checked rule means and can hardly be meant to mean: decided exactly where it can be, with a patient who shows it."""
