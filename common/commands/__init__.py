"""Commands: their arguments, messages, signals, progress and children."""
