"""The pages for refusals and errors. They repeat nothing of the address or the error, which may hold personal data.

A machine client gets no page. Below /v1 the answer is empty here, and `lvv/problems.py::ApiAnswers` adds the problem
details.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from lvv.problems import is_api


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the session, or comes from another site."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request holds something that no form of ours sends."""
    return HttpResponse(status=400) if is_api(request) else render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The visitor is logged in, but no role of theirs has the permission."""
    return HttpResponse(status=403) if is_api(request) else render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page does not exist, or the visitor may not know that it does. Both look the same."""
    return HttpResponse(status=404) if is_api(request) else render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something failed. It may be the database or the frame of the pages, so this page uses neither."""
    return HttpResponse(status=500) if is_api(request) else HttpResponse(render_to_string("500.html"), status=500)
