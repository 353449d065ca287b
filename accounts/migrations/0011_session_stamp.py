from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_effects_move_to_core")]

    operations = [
        migrations.AddField(
            "user",
            "session_stamp",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=32),
        ),
    ]
