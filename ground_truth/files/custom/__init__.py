"""A user's own files: images, and columns of factors in whichever common form they come."""
