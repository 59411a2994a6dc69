"""Pages for a browser: the parts of a report, the comparison of models, the leaderboard, and their templates."""
