"""Many runs, read and shown: aggregates, tables for papers, leaderboards, and reports that open in a browser."""
