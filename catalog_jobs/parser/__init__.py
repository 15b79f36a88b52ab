"""The garment parser: its photos, its network, its training, its export and its measure."""
