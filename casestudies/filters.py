"""The filter set of the list of cases: what stands in an address is validated here before the ORM sees it."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from .facets import FACETS, OPEN_END, Facet, Lists, overlapping
from .models import Case

FIRST_YEAR = 1000


class FacetFilter(django_filters.MultipleChoiceFilter):
    """Several values of one facet, joined by «or»; its condition is a semi-join, so no case appears twice."""

    def __init__(self, facet: Facet, **kwargs) -> None:
        kwargs.setdefault("label", facet.label)
        kwargs.setdefault("distinct", False)
        super().__init__(**kwargs)
        self.facet = facet

    def filter(self, queryset: QuerySet, values: list[str]) -> QuerySet:
        return queryset.filter(self.facet.condition(values)) if values else queryset


class YearFilter(django_filters.NumberFilter):
    """One end of a span of years. The two ends act together, in `CaseFilterSet.filter_queryset`."""

    field_class = forms.IntegerField

    def get_max_validator(self) -> None:
        return None

    def filter(self, queryset: QuerySet, value: int | None) -> QuerySet:
        return queryset


class YearsMixin:
    """Adds what concerns the two years at once."""

    def clean(self) -> dict:
        data = super().clean()
        first, last = data.get("from"), data.get("to")
        if first is not None and last is not None and first > last:
            self.add_error("to", _("The last year must not be before the first."))
        return data


class YearsForm(YearsMixin, forms.Form):
    """The years of a selection, alone."""

    vars()["from"] = forms.IntegerField(required=False, min_value=FIRST_YEAR, max_value=OPEN_END)
    vars()["to"] = forms.IntegerField(required=False, min_value=FIRST_YEAR, max_value=OPEN_END)


class CaseFilterForm(YearsMixin, forms.Form):
    """The form of the filter set."""


class CaseFilterSet(django_filters.FilterSet):
    """Filters by the names that issue links and outside tools rely on: one per facet, and the years `from` and `to`.

    `lists` are the option lists, read once a request. Ask `is_valid()` before `qs`. The site itself answers from the
    index (`index.Index`), which knows the same conditions as bitmaps; a test holds the two against each other.
    """

    # One filter per facet; "from" is a keyword of Python, hence the item assignment.
    for _facet in FACETS:
        vars()[_facet.name] = FacetFilter(_facet)
    vars()["from"] = YearFilter(label=_("From year"), min_value=FIRST_YEAR, max_value=OPEN_END)
    vars()["to"] = YearFilter(label=_("To year"), min_value=FIRST_YEAR, max_value=OPEN_END)

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()
        form = CaseFilterForm

    def __init__(self, data, queryset: QuerySet | None = None, *, lists: Lists | None = None, **kwargs) -> None:
        super().__init__(data, queryset, **kwargs)
        lists = lists or Lists()
        for facet in FACETS:
            options = facet.options(lists)
            self.filters[facet.name].extra["choices"] = [(option.value, option.label) for option in options]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        queryset = super().filter_queryset(queryset)
        first, last = self.form.cleaned_data.get("from"), self.form.cleaned_data.get("to")
        return queryset.filter(Q() if first is None and last is None else overlapping(first, last))
