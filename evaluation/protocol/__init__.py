"""The evaluation protocol: from a gin configuration to the results of one or many scores."""
