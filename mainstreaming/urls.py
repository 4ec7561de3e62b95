"""The site's addresses. Paths are stable: outside tools rely on them."""

from django.contrib import admin
from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("casestudies.urls")),
    path("", include("casestudies.api.urls")),
    path("about/", views.about, name="about"),
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
handler400 = views.bad_request
handler500 = views.server_error
