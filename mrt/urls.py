from django.urls import path

from mrt import views

app_name = "mrt"

urlpatterns = [
    path("", views.escalation_list, name="escalation_list"),
    path("<uuid:pk>/", views.escalation_detail, name="escalation_detail"),
    path("<uuid:pk>/zetel-toewijzen/", views.seat_assign, name="seat_assign"),
    path("<uuid:pk>/zetel-vrijmaken/", views.seat_release, name="seat_release"),
    path("<uuid:pk>/bespreking/", views.discussion_record, name="discussion_record"),
    path("<uuid:pk>/advies/", views.advice_record, name="advice_record"),
    path("<uuid:pk>/antwoord/", views.answer_record, name="answer_record"),
    path("besluiten/<uuid:pk>/opschalen/", views.escalation_request, name="escalation_request"),
]
