"""Alembic's entry point: migrates over the connection that latency_service.schema hands in."""

from alembic import context

from latency_service.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
