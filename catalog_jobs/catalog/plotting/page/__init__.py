"""The interactive page: one HTML file with its data, pictures and script inside."""
