from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import include, path

from accounts.access import own_account
from accounts.factors import asked
from lvv import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("zaken/<uuid:pk>/", views.case_detail, name="case"),
    path("zaken/", include("cases.urls")),
    path("inlezen/", include("lvv.imports.urls")),
    path("overleggen/", include("scenarios.meetings.room.urls")),
    path("overleggen/", include("scenarios.urls")),
    path("mrt/", include("mrt.urls")),
    path("monitor/", include("monitor.urls")),
    path("openbaar/", include("monitor.public_urls")),
    path("beheer/", include("accounts.urls")),
    path("v1/", include("monitor.api_urls")),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    # Of the login library only what we use: no sign-up, no e-mail management, no password by mail.
    path("inloggen/", account.login, name="account_login"),
    path("uitloggen/", account.logout, name="account_logout"),
    path("account/opnieuw-inloggen/", own_account(account.reauthenticate), name="account_reauthenticate"),
    path("account/wachtwoord/", own_account(account.password_change), name="account_change_password"),
    path("account/tweede-factor/", own_account(mfa.index), name="mfa_index"),
    path("inloggen/tweede-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("account/tweede-factor/bevestigen/", own_account(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("account/tweede-factor/app/", own_account(totp.activate_totp), name="mfa_activate_totp"),
    path("account/tweede-factor/app/uit/", own_account(asked(totp.deactivate_totp)), name="mfa_deactivate_totp"),
    path(
        "account/tweede-factor/codes/", own_account(asked(recovery.view_recovery_codes)), name="mfa_view_recovery_codes"
    ),
    path(
        "account/tweede-factor/codes/nieuw/",
        own_account(asked(recovery.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/tweede-factor/codes/bestand/",
        own_account(asked(recovery.download_recovery_codes)),
        name="mfa_download_recovery_codes",
    ),
]

handler400 = "lvv.errors.bad_request"
handler403 = "lvv.errors.permission_denied"
handler404 = "lvv.errors.page_not_found"
handler500 = "lvv.errors.server_error"
