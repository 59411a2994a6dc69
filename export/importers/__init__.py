"""Other projects' checkpoints: one file per source, found by scanning this folder.

Each source says by which keys it is known (`matches`) and how its tensors fill our networks (`convert`)."""
