"""Arrays in files of every format: opened without reading, then streamed, read in place, or decoded once."""
