"""What a visitor is told when something is refused or goes wrong. Nothing of the address or the error is repeated.

A machine client gets no page: below /v1 the answer is empty here, and `ApiAnswers` puts the problem details in it.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from lvv.problems import is_api


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the session, or comes from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something that no form of ours sends."""
    return HttpResponse(status=400) if is_api(request) else render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Logged in, but without the role for it."""
    return HttpResponse(status=403) if is_api(request) else render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not there, or not in sight: the two look the same."""
    return HttpResponse(status=404) if is_api(request) else render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke, perhaps the frame of the page or the database: this page stands alone."""
    return HttpResponse(status=500) if is_api(request) else HttpResponse(render_to_string("500.html"), status=500)
