"""Writing exports: graphs, formats, verification."""
