"""Addresses of the API. Stable within a version: outside tools rely on them."""

from django.urls import path, re_path

from . import resources as of
from .views import ApiCase, ApiDocs, ApiDocument, ApiIndex, ApiItem, ApiList, ApiNothing

urlpatterns = [
    path("api/v1/", ApiIndex.as_view(), name="api-index"),
    path("api/v1/openapi.json", ApiDocument.as_view(), name="api-openapi"),
    path("api/v1/docs/", ApiDocs.as_view(), name="api-docs"),
    *(path(f"api/v1/{r.name}/", ApiList.as_view(resource=r), name=f"api-{r.name}") for r in of.RESOURCES),
    path("api/v1/cases/<slug:slug>/", ApiCase.as_view(item=of.CASE), name="api-case"),
    path("api/v1/recommendations/<int:number>/", ApiItem.as_view(item=of.RECOMMENDATION), name="api-recommendation"),
    path("api/v1/vocabularies/<slug:slug>/", ApiItem.as_view(item=of.VOCABULARY), name="api-vocabulary"),
    path("api/v1/sources/<slug:slug>/", ApiItem.as_view(item=of.SOURCE), name="api-source"),
    re_path(r"^api/", ApiNothing.as_view(), name="api-nothing"),
]
