from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casestudies", "0012_preview_links")]

    operations = [
        migrations.AddField(
            model_name="historyentry",
            name="origin",
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True, verbose_name="from entry"),
        ),
    ]
