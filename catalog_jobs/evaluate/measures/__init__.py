"""What is computed, on arrays alone: no file, no model, no picture."""
