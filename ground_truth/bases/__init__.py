"""Base classes of data sets: images kept as bytes, full grids on disk, tables of factors, images alone."""
