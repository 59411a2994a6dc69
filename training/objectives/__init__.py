"""What a method minimises: one file per method, found by scanning this folder.

A method subclasses `objective.VAEObjective` and overrides what it does differently, most often `regularizer`."""
