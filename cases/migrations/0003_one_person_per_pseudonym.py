# The old key was gone in the database: the walls had laid a key for a tie under its name.

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_case_numbers_by_municipality"),
    ]

    operations = [
        migrations.AlterField(
            model_name="person",
            name="subject",
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(fields=("subject",), name="one_person_per_pseudonym"),
        ),
    ]
