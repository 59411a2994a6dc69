"""Functions compiled by numba and kept on disk, never stale."""
