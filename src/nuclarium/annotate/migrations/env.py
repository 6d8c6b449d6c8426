"""How alembic runs here: on the connection that the store gives it, in one transaction."""

from alembic import context

from nuclarium.annotate.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
