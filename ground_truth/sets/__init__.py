"""The data sets, one file each; importing this folder's members registers them by name."""
