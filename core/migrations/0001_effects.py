from uuid import uuid4

from django.db import migrations, models

# Constraints and indexes carry the name of the table too.
RENAMED = """alter table {old} rename to {new};
do $$ declare part record; begin
    for part in select conname as name from pg_constraint where conrelid = '{new}'::regclass and conname like '{old}%'
    loop
        execute format('alter table {new} rename constraint %I to %I', part.name, replace(part.name, '{old}', '{new}'));
    end loop;
    for part in select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = '{new}'::regclass and c.relname like '{old}%'
    loop
        execute format('alter index %I rename to %I', part.name, replace(part.name, '{old}', '{new}'));
    end loop;
end $$"""


class Migration(migrations.Migration):
    """The outbox comes from accounts, with its rows: the table gets the name of its new room."""

    dependencies = [("accounts", "0008_imports")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    RENAMED.format(old="accounts_effect", new="core_effect"),
                    RENAMED.format(old="core_effect", new="accounts_effect"),
                )
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Effect",
                    fields=[
                        ("id", models.UUIDField(default=uuid4, primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=40)),
                        ("payload", models.JSONField(default=dict)),
                        (
                            "key",
                            models.CharField(help_text="the same effect is queued once", max_length=120, unique=True),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("leased_until", models.DateTimeField(null=True)),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("parked_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at", None), ("parked_at", None)),
                                fields=["due_at"],
                                name="effect_open",
                            )
                        ],
                    },
                )
            ],
        )
    ]
