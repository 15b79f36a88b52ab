"""The live index of the catalogue as a folder for FAISS: vectors, what each of them is of, and how it was made."""
