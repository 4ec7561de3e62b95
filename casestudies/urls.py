"""Addresses of cases and recommendations."""

from django.urls import path

from .views import cases, recommendations

urlpatterns = [
    path("cases/", cases.case_list, name="cases"),
    path("cases/download.csv", cases.case_csv, name="cases-csv"),
    path("cases/<slug:slug>/", cases.case_detail, name="case"),
    path("recommendations/", recommendations.recommendation_list, name="recommendations"),
    path("recommendations/<int:number>/", recommendations.recommendation_detail, name="recommendation"),
]
