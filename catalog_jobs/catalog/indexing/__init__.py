"""What the catalogue's products look and read like, as vectors."""
