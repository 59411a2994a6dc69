"""What every floor stands on: errors, files, registries, gin, the result layout, command scaffolding."""
