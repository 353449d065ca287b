from django.urls import path

from scenarios import views

app_name = "scenarios"

urlpatterns = [
    path("", views.meeting_list, name="meeting_list"),
    path("plannen/", views.meeting_plan, name="meeting_plan"),
    path("<uuid:pk>/", views.meeting_detail, name="meeting_detail"),
    path("<uuid:pk>/gehouden/", views.meeting_hold, name="meeting_hold"),
    path("<uuid:pk>/vervallen/", views.meeting_cancel, name="meeting_cancel"),
    path("zaken/<uuid:pk>/agenderen/", views.item_nominate, name="item_nominate"),
    path("agendapunten/<uuid:pk>/weghalen/", views.item_take_off, name="item_take_off"),
    path("agendapunten/<uuid:pk>/besluit/", views.decision_record, name="decision_record"),
]
