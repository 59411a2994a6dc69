"""Encoders, decoders and discriminators: one file per family, found by scanning this folder.

A decorator makes a network class a gin configurable and gives its instances a `description`, plain data from which
`registry.build` makes the same network again."""
