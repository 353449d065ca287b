from django.urls import path

from scenarios.meetings.room import views

app_name = "room"

urlpatterns = [
    path("<uuid:pk>/zaal/", views.start, name="start"),
    path("<uuid:pk>/scherm/", views.projector, name="projector"),
    path("<uuid:pk>/algemeen/", views.topics, name="topics"),
    path("punten/<uuid:pk>/verslag/", views.topic_write, name="topic_write"),
    path("agendapunten/<uuid:pk>/zaal/", views.item, name="item"),
    path("agendapunten/<uuid:pk>/besluit/", views.decide, name="decide"),
    path("agendapunten/<uuid:pk>/verslag/", views.write, name="write"),
    path("agendapunten/<uuid:pk>/aan-tafel/", views.leave, name="leave"),
]
