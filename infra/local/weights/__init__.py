"""The models that ship with the package: which there are, whether they are whole, what they can and cannot do."""
