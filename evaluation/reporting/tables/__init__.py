"""Scores as tables: for a terminal, for a paper, and the table of groups that both are made of."""
