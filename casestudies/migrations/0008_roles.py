"""The roles of the newsroom as groups. What staff change about them later stays: only what is missing is added."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

from casestudies.newsroom.roles import ROLES


def make_groups(apps, schema_editor):
    using = schema_editor.connection.alias
    for config in apps.get_app_configs():
        if config.label in ("auth", "casestudies", "recommendations"):
            # Django makes permissions when all migrations are done; the groups need them now.
            config.models_module = True
            create_permissions(config, apps=apps, using=using, verbosity=0)
            config.models_module = None
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in permissions.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for role, wanted in ROLES.items():
        group, _created = groups.objects.using(using).get_or_create(name=role)
        group.permissions.add(*(known[name] for name in sorted(wanted)))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("recommendations", "0001_initial"),
        ("casestudies", "0007_newsroom"),
    ]

    # Groups that have people in them are not taken away.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
