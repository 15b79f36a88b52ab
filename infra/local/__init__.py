"""The stack of this machine: its parts, its supervisor, and the host of the functions."""
