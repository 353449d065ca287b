from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("proefaccount/", views.demo_login, name="demo_login"),
    path("gebruikers/", views.user_list, name="user_list"),
    path("gebruikers/nieuw/", views.user_add, name="user_add"),
    path("gebruikers/<int:user>/rol/", views.membership_add, name="membership_add"),
    path("rollen/<int:membership>/einde/", views.membership_end, name="membership_end"),
    path("koppelingen/", views.machine_list, name="machine_list"),
    path("koppelingen/nieuw/", views.machine_add, name="machine_add"),
    path("koppelingen/<str:client>/sleutel/", views.machine_renew, name="machine_renew"),
    path("koppelingen/<str:client>/intrekken/", views.machine_revoke, name="machine_revoke"),
    path("inzagelogboek/", views.disclosure_list, name="disclosure_list"),
]
