"""Previews in the admin: the draft as visitors would see it, and links to it for people without an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ..models import Case, PreviewLink
from ..newsroom import workflow
from ..previews import DAYS, make_link, preview_context, public_address, revoke_link


class LinkForm(forms.Form):
    """For whom a link is, and for how long."""

    for_whom = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=200,
        help_text=gettext_lazy("A name or an office, so that you know later which link to revoke. Only staff see it."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        choices=[(days, ngettext_lazy("%d day", "%d days", days) % days) for days in DAYS],
        initial=DAYS[1],
    )


def may_share(user: Any) -> bool:
    """Whether somebody may give a link to a draft away: who changes or reviews cases."""
    return user.has_perm(workflow.CHANGE) or user.has_perm(workflow.REVIEW)


class PreviewMixin:
    """The preview of a case and its links, beside its forms."""

    def get_urls(self) -> list[URLPattern]:
        """The previews' addresses before Django's own."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/preview/", view(self.preview_view), name="casestudies_case_preview"),
            path("<path:object_id>/links/", view(self.links_view), name="casestudies_case_links"),
            path("<path:object_id>/links/<int:link>/", view(self.revoke_view), name="casestudies_case_link"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The case as visitors would see it; the public page of one that they do see."""
        case = self._case(request, object_id)
        if workflow.is_public(case):
            return HttpResponseRedirect(case.get_absolute_url())
        context = preview_context(case.pk)
        if context is None:
            raise Http404
        back = reverse("admin:casestudies_case_change", args=[case.pk])
        response = render(request, "casestudies/case_detail.html", {**context, "preview_back": back})
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def links_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The links of a case and a form for a new one. Sent: the new address, shown this once."""
        case = self._case(request, object_id)
        if not may_share(request.user):
            raise PermissionDenied
        form, address = LinkForm(request.POST or None), ""
        is_draft = not workflow.is_public(case) and not public_address(PreviewLink(object_id=case.pk, of_id=case.pk))
        if request.method == "POST" and not is_draft:
            form.add_error(None, _("This case has a page of its own: send its address."))
        if request.method == "POST" and form.is_valid():
            _link, token = make_link(case, request.user, **form.cleaned_data)
            here = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
            address, form = f"{here}{reverse('preview', args=[token])}", LinkForm()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": case,
            "title": _("Preview links"),
            "form": form,
            "address": address,
            "is_draft": is_draft,
            "links": PreviewLink.objects.filter(of_id=case.revises_id or case.pk).select_related("revoked_by"),
        }
        return TemplateResponse(request, "admin/casestudies/case/links.html", context)

    def revoke_view(self, request: HttpRequest, object_id: str, link: int) -> HttpResponse:
        """Sent: a link leads nowhere any more."""
        case = self._case(request, object_id)
        if not may_share(request.user):
            raise PermissionDenied
        found = get_object_or_404(PreviewLink, pk=link, of_id=case.revises_id or case.pk)
        if request.method == "POST":
            revoke_link(found, request.user)
            told = _("The link for %(whom)s is revoked.") % {"whom": found.for_whom}
            self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:casestudies_case_links", args=[case.pk]))

    def state_context(self, request: HttpRequest, case: Case) -> dict[str, Any]:
        """With the ways to the preview and its links, where visitors do not see the case itself."""
        is_public = workflow.is_public(case)
        ways = {"casebook_preview": not is_public, "casebook_share": not is_public and may_share(request.user)}
        return super().state_context(request, case) | ways
