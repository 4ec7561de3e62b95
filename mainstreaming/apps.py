"""Django's admin with a site of our own."""

from django.contrib.admin.apps import AdminConfig


class CasebookAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS in the place of `django.contrib.admin`."""

    default_site = "mainstreaming.adminsite.CasebookAdminSite"
