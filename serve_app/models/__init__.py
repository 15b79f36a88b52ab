"""The models: a file a family, and what they share."""
