from django.db import migrations

import core.fields


class Migration(migrations.Migration):
    """A new decision of the LSO needs no migration any more."""

    dependencies = [("scenarios", "0002_the_meeting_that_decides")]

    operations = [
        migrations.AlterField("decision", "outcome", core.fields.CodeField(max_length=20, verbose_name="besluit")),
    ]
