"""Lending checks no foreign keys of rows that the same statement wrote or holds locked (docs/adr/0027)."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Table, column, and what it refers to.
REFERENCES = (
    ("jobs", "lease_token", "leases", "token"),
    ("lease_jobs", "lease_token", "leases", "token"),
    ("lease_jobs", "job_id", "jobs", "id"),
)


def upgrade() -> None:
    for table, column, _, _ in REFERENCES:
        with op.batch_alter_table(table) as changed:
            changed.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")


def downgrade() -> None:
    for table, column, other, key in REFERENCES:
        with op.batch_alter_table(table) as changed:
            changed.create_foreign_key(f"fk_{table}_{column}", other, [column], [key])
