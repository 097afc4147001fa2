"""How results look: tables, sizes, ages, JSON, and the Go templates of `--format`."""
