from django.db import migrations

import core.fields


class Migration(migrations.Migration):
    """A new permission or role needs no migration any more."""

    dependencies = [("accounts", "0008_imports")]

    operations = [
        migrations.AlterField("disclosure", "permission", core.fields.CodeField(max_length=40)),
        migrations.AlterField("membership", "role", core.fields.CodeField(max_length=30, verbose_name="rol")),
    ]
