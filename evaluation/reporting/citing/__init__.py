"""The papers behind the metrics and methods of a run, as BibTeX."""
