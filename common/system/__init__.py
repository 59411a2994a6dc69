"""What operating systems offer, and what is done where one does not.

The only folder whose modules use functions that Linux, macOS and Windows do not all have; a test reads the others."""
