"""The cuts: how each garment is drawn."""
