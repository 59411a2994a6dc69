"""Groups of points that share values of factors: how they are formed, and the votes that they give."""
