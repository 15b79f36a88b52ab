"""The event-driven functions, the pure code that they call, the HTTP API and the command line over them."""
