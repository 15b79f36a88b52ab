"""The command line over a running stack: drop, show, list, rm, dlq, schema."""
