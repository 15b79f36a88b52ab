"""Captions, and the vibes that they speak for."""
