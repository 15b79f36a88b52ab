"""The metadata store: what was uploaded, what was done with it, what came out, and which events are yet to leave."""
