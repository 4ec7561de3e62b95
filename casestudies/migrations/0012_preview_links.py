import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casestudies', '0011_source_redirect'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PreviewLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField(verbose_name='row')),
                ('of_id', models.PositiveBigIntegerField(verbose_name='of')),
                ('for_whom', models.CharField(help_text='Only staff see this.', max_length=200, verbose_name='for whom')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='checksum of the key')),
                ('created_by_name', models.CharField(blank=True, max_length=200, verbose_name='name of who made it')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('visits', models.PositiveIntegerField(default=0, verbose_name='visits')),
                ('visited_at', models.DateTimeField(blank=True, null=True, verbose_name='last visit')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by')),
            ],
            options={
                'verbose_name': 'preview link',
                'verbose_name_plural': 'preview links',
                'ordering': ('-created_at', '-pk'),
                'default_permissions': (),
                'indexes': [models.Index(fields=['of_id', '-created_at'], name='previewlink_of_case')],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='previewlink_expires_after_start')],
            },
        ),
    ]
