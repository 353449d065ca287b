from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_codes_without_choices"), ("core", "0001_effects")]

    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Effect")])]
