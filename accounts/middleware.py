"""Rules for every request: visitors must log in, sessions end, and nobody stores the answers."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import entrance, factors
from accounts.factors import Lack

Respond = Callable[[HttpRequest], HttpResponse]

# The URL names of all pages that a visitor can reach without logging in. A test compares this list with the site.
OPEN_PAGES = frozenset(
    {
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "accounts:demo_login",
        "health_live",
        "health_ready",
        "public:edition_list",
        "public:edition_detail",
        "public:edition_file_json",
        "public:edition_table_file",
        "public:keys_json",
        "public:verifier_py",
        "public:api",
        "public:catalogue_json",
        "api:token",
        "api:openapi",
        "api:editions",
        "api:edition",
        "api:edition_figures",
        "api:edition_proof",
        "api:signing_keys",
    }
)
# The API guards itself: it answers 401 with problem details, where a page leads to the log-in page.
API_NAMESPACE = "api"
# The pages that set up the second factor. Somebody who lacks a compulsory one can go nowhere else.
SETTING_UP = frozenset({"mfa_activate_totp", "account_reauthenticate"})


class ClosedByDefault:
    """Sends visitors who are not logged in to the log-in page, unless the page is open to them."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in OPEN_PAGES or (match and API_NAMESPACE in match.namespaces):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        lack = factors.lacking(request)
        if lack is Lack.NOT_SHOWN:
            entrance.went_out(request, "no_factor")
            logout(request)
            messages.info(request, "Log opnieuw in, met uw tweede factor.")
            return redirect_to_login(request.get_full_path())
        if lack is Lack.NOT_SET_UP and name not in SETTING_UP:
            messages.warning(request, "Stel eerst een tweede factor in. Daarna kunt u verder.")
            return redirect("mfa_activate_totp")
        return None


class PlainCookies:
    """Drops cookies with a zero byte, which PostgreSQL can't store. No cookie of ours has one."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]
        return self.respond(request)


class SessionLimits:
    """Ends a session that stood idle too long or is too old."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            if self._is_over(request, now):
                entrance.went_out(request, "idle_or_old")
                logout(request)
                messages.info(request, "U bent uitgelogd omdat u een tijd niet actief was. Log opnieuw in.")
            else:
                self._touch(request, now)
        return self.respond(request)

    def _is_over(self, request: HttpRequest, now: datetime) -> bool:
        started = datetime.fromisoformat(request.session.get("started_at", now.isoformat()))
        seen = datetime.fromisoformat(request.session.get("seen_at", now.isoformat()))
        return now - started > settings.SESSION_ABSOLUTE_LIMIT or now - seen > settings.SESSION_IDLE_LIMIT

    def _touch(self, request: HttpRequest, now: datetime) -> None:
        request.session.setdefault("started_at", now.isoformat())
        seen = request.session.get("seen_at")
        # At most once a minute, because each touch writes the row of the session.
        if seen is None or (now - datetime.fromisoformat(seen)).total_seconds() > 60:
            request.session["seen_at"] = now.isoformat()


class PrivateResponses:
    """Tells browsers and proxies to store no page of this system."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
