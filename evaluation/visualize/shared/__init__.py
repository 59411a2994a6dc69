"""What all pictures share: options and flags, the choice of images, layout in a grid, charts, and writing."""
