from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_addresses_in_small_letters")]

    operations = [
        migrations.RemoveConstraint("user", "one_user_per_email_address"),
        migrations.AddConstraint(
            "user", models.CheckConstraint(condition=models.Q(email=Lower("email")), name="address_in_small_letters")
        ),
    ]
