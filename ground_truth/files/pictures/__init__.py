"""Folders of pictures, decoded and resized once."""
