"""Files on disk: temporaries, locks, bounded reading, and what the operating system says."""
