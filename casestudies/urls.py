"""Addresses of cases and recommendations."""

from django.urls import path, register_converter

from .views import cases, citations, compare, data, downloads, grid, lists, match, matrix, recommendations, suggest

register_converter(citations.ReferenceConverter, "reference")

urlpatterns = [
    path("cases/", cases.case_list, name="cases"),
    path("cases/download.csv", downloads.case_csv, name="cases-csv"),
    path("cases/download.xlsx", downloads.case_xlsx, name="cases-xlsx"),
    path("cases/download.json", downloads.case_json, name="cases-json"),
    path("cases/download.geojson", downloads.case_geojson, name="cases-geojson"),
    path("cases/download.zip", downloads.case_zip, name="cases-zip"),
    path("cases/download.<reference:form>", citations.case_references, name="cases-references"),
    path("cases/cite.<reference:form>", citations.selection_reference, name="cases-cite"),
    path("cases/<slug:slug>/cite.<reference:form>", citations.case_reference, name="case-cite"),
    path("cases/<slug:slug>/", cases.case_detail, name="case"),
    path("compare/", compare.compare_page, name="compare"),
    path("compare/download.csv", compare.compare_csv, name="compare-csv"),
    path("compare/download.xlsx", compare.compare_xlsx, name="compare-xlsx"),
    path("matrix/", matrix.matrix_page, name="matrix"),
    path("matrix/download.csv", matrix.matrix_csv, name="matrix-csv"),
    path("match/", match.match_page, name="match"),
    path("recommendations/brief/<slug:group>/", match.brief, name="brief"),
    path("grid/", grid.grid_index, name="grid"),
    path("grid/<slug:vocabulary>/", grid.vocabulary_detail, name="vocabulary"),
    path("grid/<slug:vocabulary>/<slug:slug>/", grid.term_detail, name="term"),
    path("figures/", lists.figure_list, name="figures"),
    path("figures/download.csv", lists.figure_csv, name="figures-csv"),
    path("figures/download.xlsx", lists.figure_xlsx, name="figures-xlsx"),
    path("sources/", lists.source_list, name="sources"),
    path("sources/<slug:slug>/", lists.source_detail, name="source"),
    path("glossary/", lists.glossary, name="glossary"),
    path("recommendations/", recommendations.recommendation_list, name="recommendations"),
    path("recommendations/<int:number>/", recommendations.recommendation_detail, name="recommendation"),
    path("data/", data.data_page, name="data"),
    path("data/codebook/", data.codebook_page, name="codebook"),
    path("data/codebook.csv", data.codebook_csv, name="codebook-csv"),
    path("data/codebook.json", data.codebook_json, name="codebook-json"),
    path("suggest/", suggest.suggest, name="suggest"),
    path("suggest/thanks/", suggest.suggest_thanks, name="suggest-thanks"),
]
