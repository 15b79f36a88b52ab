"""The model server: what it promises, its client, its deployments, its models."""
