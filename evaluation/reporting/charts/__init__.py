"""Charts and heat maps for pages and files; nothing here knows of runs or metrics' results."""
