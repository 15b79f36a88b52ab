"""The files that a catalogue comes in, a reader a format."""
