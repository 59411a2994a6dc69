"""disentanglement_lib's module names for metrics written against it: `import disentanglement_lib...` without it."""
