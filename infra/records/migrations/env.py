"""Alembic's entry: the connection comes from `Records.migrate`."""

from alembic import context

from infra.records.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
