"""This machine's stack: its parts, its supervisor, and the host of the functions."""
