"""What the protocol decides for metrics beside their arguments: gin's choices, jobs, random streams, registration."""
