"""The catalogue's side of the vector store, and what it is asked for."""
