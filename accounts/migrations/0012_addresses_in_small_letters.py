from django.db import migrations

SMALL_LETTERS = "update accounts_user set email = lower(trim(email)) where email <> lower(trim(email))"


class Migration(migrations.Migration):
    """No two users have the same address but for its capitals, so none is lost."""

    dependencies = [("accounts", "0011_session_stamp")]

    operations = [migrations.RunSQL(SMALL_LETTERS, migrations.RunSQL.noop)]
