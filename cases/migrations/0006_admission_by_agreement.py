from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_merges")]

    operations = [
        migrations.AlterField(
            model_name="admissionanswer",
            name="answer",
            field=models.CharField(
                choices=[
                    ("yes", "Ja"),
                    ("no", "Nee"),
                    ("agreed", "Nee, maar toelating is in overleg afgesproken"),
                    ("unknown", "Nog niet bekend"),
                ],
                max_length=10,
                verbose_name="voldoet",
            ),
        ),
    ]
