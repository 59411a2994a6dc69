"""What the metrics' declarations say of scores: headline, direction, title and range."""
