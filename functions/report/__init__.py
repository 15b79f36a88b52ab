"""One result as one HTML file to send on."""
