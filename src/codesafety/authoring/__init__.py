"""What rule authors do with rules: test, freeze, import, score, read. Knows rules and terminology, and no message but examples."""
