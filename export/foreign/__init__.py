"""Strangers' finished graphs: what they take and give is found by trying them out, or said by the user."""
