"""What the API answers. Errors are problem details, whatever goes wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mainstreaming.problems import KINDS, Fault, problem

from ..exports.tables import record
from ..models import Case, CaseRedirect
from ..selection import BadSelection
from ..views.cases import base_url
from .asking import read_page, refuse_all
from .document import Documented, document
from .fields import CASE_API, values
from .limits import Rate, SenderThrottle
from .reading import operations
from .resources import RESOURCES, Item, Resource

VERSION = "1"


class Gone(exceptions.APIException):
    """A case that was public once and is no more."""

    status_code = 410


def moved_to(address: str) -> HttpResponse:
    """301 without a body."""
    response = HttpResponse(status=301, headers={"Location": address})
    del response["Content-Type"]
    return response


def answer_problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem details of an error; None for what is a fault of the site, which Django handles."""
    request = context["request"]._request
    if isinstance(error, BadSelection):
        detail = _("The address was not understood: “errors” says what and why.")
        return problem(request, 400, detail, [Fault(d.parameter, d.value, d.reason) for d in error.dropped])
    if isinstance(error, Http404):
        return problem(request, 404, str(error) or KINDS[404].title)
    if isinstance(error, exceptions.MethodNotAllowed):
        allowed = ", ".join(context["view"].allowed_methods)
        return problem(request, 405, error.detail, Allow=allowed)
    if isinstance(error, exceptions.Throttled):
        detail = _("Ask again in %(wait)s seconds.") % {"wait": error.wait}
        return problem(request, 429, detail, Retry_After=str(error.wait))
    if isinstance(error, exceptions.APIException) and error.status_code in KINDS:
        return problem(request, error.status_code, error.detail)
    return None


class ApiView(APIView):
    """What every address of the API has in common."""

    http_method_names = ["get", "head", "options"]
    schema = Documented()
    throttle_classes = [SenderThrottle]
    rate: Rate | None = None

    def finalize_response(self, request: Request, response: HttpResponseBase, *args, **kwargs) -> HttpResponseBase:
        """The answer with what the sender has left of the minute."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.rate is not None:
            for name, value in self.rate.headers().items():
                response[name] = value
        return response


class ApiIndex(ApiView):
    """What there is, and where."""

    def get(self, request: Request) -> Response:
        refuse_all(request.GET)
        base = base_url(request)
        listed = [
            {"name": each.name, "url": f"{base}{reverse(f'api-{each.name}')}", "description": str(each.description)}
            for each in RESOURCES
        ]
        return Response({
            "name": _("Mainstreaming Casebook"),
            "version": VERSION,
            "licence": "CC BY 4.0",
            "documentation": f"{base}{reverse('api-docs')}",
            "openapi": f"{base}{reverse('api-openapi')}",
            "resources": listed,
        })  # fmt: skip


class ApiList(ApiView):
    """A page of the records of a resource."""

    resource: Resource | None = None

    def get(self, request: Request) -> Response:
        resource, base = self.resource, base_url(request)
        page = read_page(request.GET, resource.names, resource.find)
        here = f"{base}{reverse(f'api-{resource.name}')}"
        around = {"next": page.query(page.number + 1), "previous": page.query(page.number - 1)}
        return Response({
            "count": page.found.count,
            "page": page.number,
            "page_size": page.size,
            "pages": page.pages,
            **{name: None if query is None else f"{here}{query}" for name, query in around.items()},
            "results": [values(resource.fields, row, base) for row in page.rows()],
        })  # fmt: skip


class ApiItem(ApiView):
    """One record of a resource."""

    item: Item | None = None

    def get(self, request: Request, **key: Any) -> HttpResponseBase:
        refuse_all(request.GET)
        found = self.item.find(key[self.item.key])
        if found is None:
            became = self.item.moved(key[self.item.key]) if self.item.moved else None
            if became is None:
                raise Http404(_("There is no such record."))
            name = request.resolver_match.view_name
            return moved_to(f"{base_url(request)}{reverse(name, kwargs={self.item.key: became})}")
        return Response(values(self.item.fields, found, base_url(request)))


class ApiCase(ApiView):
    """One case with everything that hangs off it: as its page, moved from a former address, gone where archived."""

    item: Item | None = None

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        refuse_all(request.GET)
        case, base = Case.objects.published().for_page().filter(slug=slug).first(), base_url(request)
        if case is not None:
            return Response(record(case, base) | values([CASE_API], case, base))
        former = (
            CaseRedirect.objects.filter(old_slug=slug, case__in=Case.objects.published()).select_related("case").first()
        )
        if former is not None:
            return moved_to(CASE_API.value(former.case, base))
        if Case.objects.archived().at(slug).exists():
            raise Gone(_("This case has been archived."))
        raise Http404(_("There is no such case."))


class ApiDocument(ApiView):
    """The OpenAPI document."""

    schema = None

    def get(self, request: Request) -> Response:
        refuse_all(request.GET)
        return Response(api_document(request))


class ApiDocs(ApiView):
    """The same document as a page to read: the only HTML of the API."""

    schema = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple:
        """Whatever is accepted, this is a page; its errors are problems like all others."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request) -> HttpResponse:
        refuse_all(request.GET)
        context = {
            "operations": operations(api_document(request)),
            "problems": [(status, kind) for status, kind in KINDS.items()],
            "base": base_url(request),
            "limit": settings.API_PER_MINUTE,
        }
        return render(request._request, "casestudies/api.html", context)


class ApiNothing(ApiView):
    """Any other address below /api/."""

    schema = None

    def get(self, request: Request) -> Response:
        detail = _("There is nothing at this address. What there is says %(index)s; addresses end with a slash.")
        raise Http404(detail % {"index": reverse("api-index")})


def api_document(request: HttpRequest | Request) -> dict[str, Any]:
    """The OpenAPI document of this site."""
    return document(base_url(request))
