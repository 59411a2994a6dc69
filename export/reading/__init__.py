"""Reading exported representations, decoders, and posteriors."""
