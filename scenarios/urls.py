from django.urls import path

from scenarios.views import closing, meetings, papers, preparation

app_name = "scenarios"

urlpatterns = [
    path("", meetings.meeting_list, name="meeting_list"),
    path("plannen/", meetings.meeting_plan, name="meeting_plan"),
    path("<uuid:pk>/", meetings.meeting_detail, name="meeting_detail"),
    path("<uuid:pk>/gehouden/", meetings.meeting_hold, name="meeting_hold"),
    path("<uuid:pk>/vervallen/", meetings.meeting_cancel, name="meeting_cancel"),
    path("<uuid:pk>/voorbereiden/", preparation.preparation, name="preparation"),
    path("<uuid:pk>/standpunten-vragen/", preparation.positions_ask_all, name="positions_ask_all"),
    path("agendapunten/<uuid:pk>/standpunten-vragen/", preparation.positions_ask, name="positions_ask"),
    path("standpunten/<uuid:pk>/", preparation.position_write, name="position_write"),
    path("bijlagen/<uuid:pk>/", preparation.position_file, name="position_file"),
    path("bijlagen/<uuid:pk>/verwijderen/", preparation.position_file_remove, name="position_file_remove"),
    path("vragen/", preparation.question_list, name="question_list"),
    path("zaken/<uuid:pk>/vragen/", preparation.question_ask, name="question_ask"),
    path("vragen/<uuid:pk>/beantwoorden/", preparation.question_answer, name="question_answer"),
    path("vragen/<uuid:pk>/intrekken/", preparation.question_withdraw, name="question_withdraw"),
    path("<uuid:pk>/aanwezigheid/", closing.attendance, name="attendance"),
    path("<uuid:pk>/afsluiten/", closing.meeting_close, name="meeting_close"),
    path("<uuid:pk>/heropenen/", closing.meeting_reopen, name="meeting_reopen"),
    path("<uuid:pk>/verslag/", closing.minutes, name="minutes"),
    path("<uuid:pk>/verslag/correctie/", closing.correction_propose, name="correction_propose"),
    path("<uuid:pk>/verslagen/", closing.minutes_adopt, name="minutes_adopt"),
    path("<uuid:pk>/agenda.pdf", papers.agenda_pdf, name="agenda_pdf"),
    path("<uuid:pk>/overleg.ics", papers.meeting_ics, name="meeting_ics"),
    path("<uuid:pk>/verslag.pdf", papers.minutes_pdf, name="minutes_pdf"),
    path("agendapunten/<uuid:pk>/uittreksel.pdf", papers.excerpt_pdf, name="excerpt_pdf"),
    path("zaken/<uuid:pk>/agenderen/", meetings.item_add, name="item_add"),
    path("agendapunten/<uuid:pk>/weghalen/", meetings.item_take_off, name="item_take_off"),
]
