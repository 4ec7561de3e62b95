"""The site's addresses. Paths are stable: outside tools rely on them."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
