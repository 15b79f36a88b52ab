"""The image–text embedder: its garments, its captions, its towers, their training, export and fitting."""
